# Late, doubled and foreign reports change nothing.
< 0 hotline 4008001234 agents=01,02
< 0 leg stranger hung_up normal
< 0 done stranger #1 ok
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.001 arrived caller from 13800138000 to 4008001234
< 0.100 leg agent1 ringing
< 0.101 leg agent1 ringing
< 0.102 leg agent1 created
< 0.200 leg agent1 hung_up busy
> 0.200 caller note agent 01: Busy
> 0.200 caller #6 release #4
> 0.200 caller #7 claim 13900000002 of 1
> 0.200 caller #8 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 0.200 caller note calling agent 02
< 0.201 leg agent1 hung_up busy
< 0.202 leg agent1 answered
< 0.203 leg agent1 parked
< 0.204 done caller #5 failed busy
< 0.205 claimed caller #4 13900000001
> 0.205 caller #9 release #4
< 0.206 done caller #999 ok
< 0.300 leg stranger bridged caller
< 1.000 leg caller hung_up cancelled
> 1.000 caller note hunt -> ending
> 1.000 caller note agent 02: CallerLeft
> 1.000 caller #10 hang up agent2 as cancelled
< 1.001 leg caller hung_up cancelled
< 1.010 leg agent2 hung_up cancelled
> 1.010 caller #11 release #7
> 1.010 caller note ending -> -
> 1.010 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000000100,"ended":1800000000200,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000000200,"ended":1800000001000,"outcome":"caller_left"}]}
< 1.020 leg caller hung_up cancelled
< 1.030 leg agent2 answered
