# The daemon stops: no new call is taken, the one in talk stays in talk, the one in ringback goes to the
# dialplan's fallback, and each has its record.
< 0 hotline 4008001234 agents=01,02
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
> 1.666 caller #6 keep fallback of caller for 5.000s
< 2 leg agent1 answered
< 2.020 leg agent1 parked
> 2.020 caller note hunt -> connect
> 2.020 caller #7 cancel fallback of caller
> 2.020 caller #8 bridge caller and agent1
< 2.040 leg caller answered
< 2.040 leg caller bridged agent1
> 2.040 caller note connect -> talk
< 3 arrived waiting from 13800138001 to 4008001234
> 3.000 waiting #1 take waiting
> 3.000 waiting #2 keep fallback of waiting for 5.000s
> 3.000 waiting note - -> hunt
> 3.000 waiting #3 play /sounds/ring.wav to waiting over and over
> 3.000 waiting #4 claim 13900000001 of 1, 13900000002 of 1
> 3.000 waiting #5 ring agent2 at 13900000002 for 22.000s showing "13800138001"
> 3.000 waiting note calling agent 02
< 4 operator drain
> 4.666 waiting #6 keep fallback of waiting for 5.000s
< 5 arrived late from 13800138002 to 4008001234
> 5.000 late note not taken: Draining
> 6.332 waiting #7 keep fallback of waiting for 5.000s
> 7.998 waiting #8 keep fallback of waiting for 5.000s
< 9 operator hand_over
> 9.000 caller #9 release #4
> 9.000 caller note talk -> -
> 9.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000009000,"wait":2040,"talk":6960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000009000,"outcome":"talked"}]}
> 9.000 waiting #9 send waiting to the fallback
> 9.000 waiting note hunt -> ending
> 9.000 waiting note agent 02: CallerLeft
> 9.000 waiting #10 hang up agent2 as cancelled
> 9.000 waiting #11 release #4
> 9.000 waiting note hunt -> -
> 9.000 record {"call":"waiting","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"fallback","ended_by":"hotline","cause":"normal","arrived":1800000003000,"ended":1800000009000,"wait":6000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1800000003000,"ended":1800000009000,"outcome":"caller_left"}]}
