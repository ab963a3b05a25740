# The first agent takes the call; the caller leaves first.
< 0 hotline 4008001234 agents=01,02
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.050 leg agent1 created
< 0.300 leg agent1 ringing
> 1.666 caller #6 keep fallback of caller for 5.000s
> 3.332 caller #7 keep fallback of caller for 5.000s
> 4.998 caller #8 keep fallback of caller for 5.000s
< 6.000 leg agent1 answered
< 6.020 leg agent1 parked
> 6.020 caller note hunt -> connect
> 6.020 caller #9 cancel fallback of caller
> 6.020 caller #10 bridge caller and agent1
< 6.040 done caller play failed other
< 6.060 leg caller answered
< 6.061 leg caller bridged agent1
> 6.061 caller note connect -> talk
< 36.061 leg caller hung_up normal
> 36.061 caller note talk -> ending
> 36.061 caller #11 hang up agent1 as normal
< 36.070 leg agent1 hung_up normal
> 36.070 caller #12 release #4
> 36.070 caller note ending -> -
> 36.070 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000006060,"ended":1800000036061,"wait":6061,"talk":30000,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000000300,"answered":1800000006000,"ended":1800000036061,"outcome":"talked"}]}
