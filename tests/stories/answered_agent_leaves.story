# The agent leaves first; the caller's leg is ended too.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.300 leg agent1 ringing
> 1.666 caller #6 keep fallback of caller for 5.000s
< 2.000 leg agent1 answered
< 2.020 leg agent1 parked
> 2.020 caller note hunt -> connect
> 2.020 caller #7 cancel fallback of caller
> 2.020 caller #8 bridge caller and agent1
< 2.060 leg caller answered
< 2.060 leg caller bridged agent1
> 2.060 caller note connect -> talk
< 12.000 leg agent1 hung_up normal
> 12.000 caller #9 release #4
> 12.000 caller note talk -> ending
> 12.000 caller #10 hang up caller as normal
< 12.001 leg caller unbridged agent1
< 12.020 leg caller hung_up normal
> 12.020 caller note ending -> -
> 12.020 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000002060,"ended":1800000012000,"wait":2060,"talk":9940,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000000300,"answered":1800000002000,"ended":1800000012000,"outcome":"talked"}]}
