# The agent takes the call and is gone before the caller is joined: the caller hears the ringback again and
# the next agent is tried.
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
< 2.025 leg agent1 hung_up normal
> 2.025 caller note agent 01: Dropped
> 2.025 caller #9 release #4
> 2.025 caller #10 keep fallback of caller for 5.000s
> 2.025 caller note connect -> hunt
> 2.025 caller #11 play /sounds/ring.wav to caller over and over
> 2.025 caller #12 claim 13900000002 of 1
> 2.025 caller #13 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 2.025 caller note calling agent 02
< 2.030 done caller bridge failed other
> 3.691 caller #14 keep fallback of caller for 5.000s
< 4.000 leg agent2 answered
< 4.020 leg agent2 parked
> 4.020 caller note hunt -> connect
> 4.020 caller #15 cancel fallback of caller
> 4.020 caller #16 bridge caller and agent2
< 4.040 leg caller answered
< 4.040 leg caller bridged agent2
> 4.040 caller note connect -> talk
< 9.000 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #17 hang up agent2 as normal
< 9.010 leg agent2 hung_up normal
> 9.010 caller #18 release #12
> 9.010 caller note ending -> -
> 9.010 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000004040,"ended":1800000009000,"wait":4040,"talk":4960,"agent":"02","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000002025,"outcome":"dropped"},{"agent":"02","leg":"agent2","started":1800000002025,"answered":1800000004000,"ended":1800000009000,"outcome":"talked"}]}
