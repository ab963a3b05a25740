# The caller leaves before the switch has made the agent's leg, and the order to end it comes too early: the
# leg is ended as soon as it shows itself.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.005 leg caller hung_up cancelled
> 0.005 caller note hunt -> ending
> 0.005 caller note agent 01: CallerLeft
> 0.005 caller #6 hang up agent1 as cancelled
< 0.006 done caller hang no_such_leg
< 0.030 leg agent1 created
> 0.030 caller #7 hang up agent1 as cancelled
< 0.040 leg agent1 hung_up cancelled
> 0.040 caller #8 release #4
> 0.040 caller note ending -> -
> 0.040 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000000005,"wait":5,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000000005,"outcome":"caller_left"}]}
< 99 nothing
