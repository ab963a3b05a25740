# A mailbox answers and presses no key: it is asked until its time is over, and the next agent is called.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", confirm = true }, { id = "02", phone = "13900000002" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 3 leg agent1 answered
< 3.02 leg agent1 parked
> 3.020 caller #6 play “您有新的来电。接听请按一” to agent1
< 7 done agent1 play ok
> 7.000 caller #7 play “您有新的来电。接听请按一” to agent1
< 11 done agent1 play ok
> 11.000 caller #8 play “您有新的来电。接听请按一” to agent1
> 18.020 caller note agent 01: Unconfirmed
> 18.020 caller #9 hang up agent1 as no_answer
> 18.020 caller #10 claim 13900000002 of 1
> 18.020 caller #11 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 18.020 caller note calling agent 02
< 18.1 leg agent1 hung_up normal
> 18.100 caller #12 release #4
< 20 leg caller hung_up cancelled
> 20.000 caller note hunt -> ending
> 20.000 caller note agent 02: CallerLeft
> 20.000 caller #13 hang up agent2 as cancelled
< 20.1 leg agent2 hung_up cancelled
> 20.100 caller #14 release #10
> 20.100 caller note ending -> -
> 20.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000020000,"wait":20000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000003000,"ended":1800000018020,"outcome":"unconfirmed"},{"agent":"02","leg":"agent2","started":1800000018020,"ended":1800000020000,"outcome":"caller_left"}]}
