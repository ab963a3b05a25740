# The caller leaves while an agent's telephone rings: it stops at once.
< 0 hotline 4008001234 agents=01,02
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
< 4.000 leg caller hung_up cancelled
> 4.000 caller note hunt -> ending
> 4.000 caller note agent 01: CallerLeft
> 4.000 caller #8 hang up agent1 as cancelled
< 4.010 leg agent1 hung_up cancelled
> 4.010 caller #9 release #4
> 4.010 caller note ending -> -
> 4.010 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000004000,"wait":4000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000000300,"ended":1800000004000,"outcome":"caller_left"}]}
< 4.011 done caller ring failed cancelled
< 99 nothing
