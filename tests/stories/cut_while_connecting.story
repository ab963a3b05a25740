# The agent leaves in the instant of being joined, and the switch ends the caller's leg with it: the caller did
# not leave, and the record does not say so.
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
< 2.000 leg agent1 answered
< 2.020 leg agent1 parked
> 2.020 caller note hunt -> connect
> 2.020 caller #7 cancel fallback of caller
> 2.020 caller #8 bridge caller and agent1
< 2.030 done caller bridge ok
< 2.050 leg caller ended cancelled
> 2.050 caller note connect -> ending
> 2.050 caller note agent 01: CallerLeft
> 2.050 caller #9 hang up agent1 as cancelled
< 2.060 leg agent1 hung_up normal
> 2.060 caller #10 release #4
> 2.060 caller note ending -> -
> 2.060 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"lost","ended_by":"switch","cause":"cancelled","arrived":1800000000000,"ended":1800000002050,"wait":2050,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000002050,"outcome":"caller_left"}]}
