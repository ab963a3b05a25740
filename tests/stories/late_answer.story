# The first agent answers in the very instant the ring time ends: too late, the second has been called.
< 0 hotline 4008001234 agents=01,02 ring=10
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.300 leg agent1 ringing
> 1.666 caller #6 keep fallback of caller for 5.000s
> 3.332 caller #7 keep fallback of caller for 5.000s
> 4.998 caller #8 keep fallback of caller for 5.000s
> 6.664 caller #9 keep fallback of caller for 5.000s
> 8.330 caller #10 keep fallback of caller for 5.000s
> 9.996 caller #11 keep fallback of caller for 5.000s
< 10.001 leg agent1 answered
< 10.002 leg agent1 parked
> 10.002 caller note hunt -> connect
> 10.002 caller #12 cancel fallback of caller
> 10.002 caller #13 bridge caller and agent1
< 10.020 leg agent1 hung_up no_answer
> 10.020 caller note agent 01: Dropped
> 10.020 caller #14 release #4
> 10.020 caller #15 keep fallback of caller for 5.000s
> 10.020 caller note connect -> hunt
> 10.020 caller #16 play /sounds/ring.wav to caller over and over
> 10.020 caller #17 claim 13900000002 of 1
> 10.020 caller #18 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 10.020 caller note calling agent 02
> 11.686 caller #19 keep fallback of caller for 5.000s
< 12.000 leg agent2 answered
< 12.020 leg agent2 parked
> 12.020 caller note hunt -> connect
> 12.020 caller #20 cancel fallback of caller
> 12.020 caller #21 bridge caller and agent2
< 12.030 leg caller answered
< 12.030 leg caller bridged agent2
> 12.030 caller note connect -> talk
< 20.000 leg caller hung_up normal
> 20.000 caller note talk -> ending
> 20.000 caller #22 hang up agent2 as normal
< 20.010 leg agent2 hung_up normal
> 20.010 caller #23 release #17
> 20.010 caller note ending -> -
> 20.010 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000012030,"ended":1800000020000,"wait":12030,"talk":7970,"agent":"02","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000000300,"answered":1800000010001,"ended":1800000010020,"outcome":"dropped"},{"agent":"02","leg":"agent2","started":1800000010020,"answered":1800000012000,"ended":1800000020000,"outcome":"talked"}]}
