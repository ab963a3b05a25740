# What the caller enters and what the flow notes stand in the call record.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "order" }
| [nodes.order]
| type = "collect"
| prompt = "order_number.wav"
| name = "order"
| digits_min = 4
| digit_len = 8
| exits = { done = "note", _ = "again" }
| [nodes.again]
| type = "goto"
| to = "order"
| [nodes.note]
| type = "set"
| mark = { name = "wish", value = "return" }
| exits = { done = "desk" }
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
> 0.000 caller #4 play /sounds/order_number.wav to caller
< 0.02 leg caller answered
< 2.0 leg caller digit 1
> 2.000 caller #5 stop caller
> 2.000 caller #6 listen to caller for 5.000s
< 2.3 leg caller digit 2
> 2.300 caller #7 stop caller
> 2.300 caller #8 listen to caller for 5.000s
< 2.6 leg caller digit 3
> 2.600 caller #9 stop caller
> 2.600 caller #10 listen to caller for 5.000s
< 2.9 leg caller digit 4
> 2.900 caller #11 stop caller
> 2.900 caller #12 listen to caller for 5.000s
< 3.2 leg caller digit 5
> 3.200 caller #13 stop caller
> 3.200 caller #14 listen to caller for 5.000s
< 3.5 leg caller digit 6
> 3.500 caller #15 stop caller
> 3.500 caller #16 listen to caller for 5.000s
< 3.8 leg caller digit #
> 3.800 caller #17 stop caller
> 3.800 caller note order: done (6 digits were keyed)
> 3.800 caller note note: done
> 3.800 caller note menu -> hunt
> 3.800 caller #18 play ringing tone to caller over and over
> 3.800 caller #19 claim 13900000001 of 1
> 3.800 caller #20 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 3.800 caller note calling agent 01
< 6 leg caller hung_up normal
> 6.000 caller note hunt -> ending
> 6.000 caller note agent 01: CallerLeft
> 6.000 caller #21 hang up agent1 as cancelled
< 6.1 leg agent1 hung_up cancelled
> 6.100 caller #22 release #19
> 6.100 caller note ending -> -
> 6.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000006000,"wait":6000,"path":["order","note","desk"],"entered":{"order":"123456"},"marks":{"wish":"return"},"attempts":[{"agent":"01","leg":"agent1","started":1800000003800,"ended":1800000006000,"outcome":"caller_left"}]}
