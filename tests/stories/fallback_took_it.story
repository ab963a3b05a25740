# The dialplan's fallback took the caller: the agent's telephone stops, and the fallback is not disturbed.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
> 1.666 caller #6 keep fallback of caller for 5.000s
< 2 leg agent1 ringing
> 3.332 caller #7 keep fallback of caller for 5.000s
> 4.998 caller #8 keep fallback of caller for 5.000s
< 5.0 done caller play failed other
< 5.0 leg caller left
> 5.000 caller note hunt -> ending
> 5.000 caller note agent 01: CallerLeft
> 5.000 caller #9 hang up agent1 as cancelled
< 5.1 leg agent1 hung_up cancelled
> 5.100 caller #10 release #4
> 5.100 caller note ending -> -
> 5.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"fallback","ended_by":"switch","cause":"normal","arrived":1800000000000,"ended":1800000005000,"wait":5000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000002000,"ended":1800000005000,"outcome":"caller_left"}]}
