# A caller who knows the extension dials it; the last digit of four is awaited no longer than it must.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "8001", phone = "13900000001" }, { id = "8002", phone = "13900000002" }]
| flow = { start = "dial" }
| [nodes.dial]
| type = "extension"
| extensions = { 8001 = "wang", 8002 = "li", 0 = "desk" }
| exits = { _ = "bye" }
| [nodes.wang]
| type = "agent"
| agent = "8001"
| exits = { _ = "bye" }
| [nodes.li]
| type = "agent"
| agent = "8002"
| exits = { _ = "bye" }
| [nodes.desk]
| type = "group"
| group = "agents"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play “请直接拨分机号。” to caller
< 0.02 leg caller answered
< 2 leg caller digit 8
> 2.000 caller #5 stop caller
> 2.000 caller #6 listen to caller for 5.000s
< 2.3 leg caller digit 0
> 2.300 caller #7 stop caller
> 2.300 caller #8 listen to caller for 5.000s
< 2.6 leg caller digit 0
> 2.600 caller #9 stop caller
> 2.600 caller #10 listen to caller for 5.000s
< 2.9 leg caller digit 2
> 2.900 caller #11 stop caller
> 2.900 caller note dial: 8002 (the caller keyed 8002)
> 2.900 caller note menu -> hunt
> 2.900 caller #12 play ringing tone to caller over and over
> 2.900 caller #13 claim 13900000002 of 1
> 2.900 caller #14 ring agent1 at 13900000002 for 22.000s showing "13800138000"
> 2.900 caller note calling agent 8002
< 5 leg caller hung_up normal
> 5.000 caller note hunt -> ending
> 5.000 caller note agent 8002: CallerLeft
> 5.000 caller #15 hang up agent1 as cancelled
< 5.1 leg agent1 hung_up cancelled
> 5.100 caller #16 release #13
> 5.100 caller note ending -> -
> 5.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000005000,"wait":5000,"path":["dial","li"],"attempts":[{"agent":"8002","leg":"agent1","started":1800000002900,"ended":1800000005000,"outcome":"caller_left"}]}
