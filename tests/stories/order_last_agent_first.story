# Who called before is put through to the same agent first, also when another's turn has come.
< fallback 600
< 0 hotline 4008001234
| last_agent_days = 7
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1, first whom 13800138000 knows
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 1 leg agent1 hung_up busy
> 1.000 caller note agent 01: Busy
> 1.000 caller #6 release #4
> 1.000 caller #7 claim 13900000002 of 1, first whom 13800138000 knows
> 1.000 caller #8 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 1.000 caller note calling agent 02
< 2 leg agent2 answered
< 2.02 leg agent2 parked
> 2.020 caller note hunt -> connect
> 2.020 caller #9 cancel fallback of caller
> 2.020 caller #10 bridge caller and agent2
< 2.04 leg caller answered
< 2.04 leg caller bridged agent2
> 2.040 caller note connect -> talk
> 2.040 caller #11 remember 13900000002 for 13800138000 in 4008001234/agents for 604800.000s
< 3 leg caller hung_up normal
> 3.000 caller note talk -> ending
> 3.000 caller #12 hang up agent2 as normal
< 3.1 leg agent2 hung_up normal
> 3.100 caller #13 release #7
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000003000,"wait":2040,"talk":960,"agent":"02","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000001000,"answered":1800000002000,"ended":1800000003000,"outcome":"talked"}]}
< 10 arrived again from 13800138000 to 4008001234
> 10.000 again #1 take again
> 10.000 again #2 keep fallback of again for 600.000s
> 10.000 again note - -> hunt
> 10.000 again #3 play ringing tone to again over and over
> 10.000 again #4 claim 13900000001 of 1, 13900000002 of 1, first whom 13800138000 knows
> 10.000 again #5 ring agent3 at 13900000002 for 22.000s showing "13800138000"
> 10.000 again note calling agent 02
< 11 leg agent3 hung_up busy
> 11.000 again note agent 02: Busy
> 11.000 again #6 release #4
> 11.000 again #7 claim 13900000001 of 1, first whom 13800138000 knows
> 11.000 again #8 ring agent4 at 13900000001 for 22.000s showing "13800138000"
> 11.000 again note calling agent 01
< 12 leg again hung_up cancelled
> 12.000 again note hunt -> ending
> 12.000 again note agent 01: CallerLeft
> 12.000 again #9 hang up agent4 as cancelled
< 12.1 leg agent4 hung_up cancelled
> 12.100 again #10 release #7
> 12.100 again note ending -> -
> 12.100 record {"call":"again","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000010000,"ended":1800000012000,"wait":2000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent3","started":1800000010000,"ended":1800000011000,"outcome":"busy"},{"agent":"01","leg":"agent4","started":1800000011000,"ended":1800000012000,"outcome":"caller_left"}]}
