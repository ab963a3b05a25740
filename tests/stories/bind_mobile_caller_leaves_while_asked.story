# The caller leaves while the agent is asked to press the key: the agent's leg is ended at once.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", confirm = true }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 3 leg agent1 answered
< 3.02 leg agent1 parked
> 3.020 caller #6 play “您有新的来电。接听请按一” to agent1
< 5 leg caller hung_up cancelled
> 5.000 caller note hunt -> ending
> 5.000 caller note agent 01: CallerLeft
> 5.000 caller #7 hang up agent1 as cancelled
< 5.1 leg agent1 hung_up cancelled
> 5.100 caller #8 release #4
> 5.100 caller note ending -> -
> 5.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000005000,"wait":5000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000003000,"ended":1800000005000,"outcome":"caller_left"}]}
