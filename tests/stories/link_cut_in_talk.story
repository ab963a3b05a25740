# The link is cut in talk: nothing is done to the call, and it is taken up again. The agent is gone meanwhile in
# the second call, and nobody can say who ended that.
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
< 3 arrived other from 13800138001 to 4008001234
> 3.000 other #1 take other
> 3.000 other #2 keep fallback of other for 5.000s
> 3.000 other note - -> hunt
> 3.000 other #3 play /sounds/ring.wav to other over and over
> 3.000 other #4 claim 13900000001 of 1, 13900000002 of 1
> 3.000 other #5 ring agent2 at 13900000002 for 22.000s showing "13800138001"
> 3.000 other note calling agent 02
< 4 leg agent2 answered
< 4.020 leg agent2 parked
> 4.020 other note hunt -> connect
> 4.020 other #6 cancel fallback of other
> 4.020 other #7 bridge other and agent2
< 4.040 leg other answered
< 4.040 leg other bridged agent2
> 4.040 other note connect -> talk
< 10 link lost
< 20 link restored caller=answered:bridged agent1=answered:bridged other=answered:parked
> 20.000 other #8 release #4
> 20.000 other note talk -> ending
> 20.000 other #9 hang up other as normal
> 20.000 other #10 hang up other as normal
< 20.1 leg other hung_up normal
> 20.100 other note ending -> -
> 20.100 record {"call":"other","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"answered","ended_by":"switch","cause":"normal","arrived":1800000003000,"billing_start":1800000004040,"ended":1800000020000,"wait":1040,"talk":15960,"agent":"02","path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1800000003000,"answered":1800000004000,"ended":1800000020000,"outcome":"talked"}]}
< 30 leg agent1 hung_up normal
> 30.000 caller #9 release #4
> 30.000 caller note talk -> ending
> 30.000 caller #10 hang up caller as normal
< 30.1 leg caller hung_up normal
> 30.100 caller note ending -> -
> 30.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000030000,"wait":2040,"talk":27960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000030000,"outcome":"talked"}]}
