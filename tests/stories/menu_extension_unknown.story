# An extension that nobody has is said to be none, and asked for again; the third time the flow goes on.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "dial" }
| [nodes.dial]
| type = "extension"
| extensions = { 8001 = "wang" }
| exits = { invalid = "wrong", timeout = "bye" }
| [nodes.wang]
| type = "agent"
| agent = "01"
| exits = { _ = "bye" }
| [nodes.wrong]
| type = "play"
| prompt = "wrong.wav"
| exits = { done = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play “请直接拨分机号。” to caller
< 0.02 leg caller answered
< 2 leg caller digit 9
> 2.000 caller #5 stop caller
> 2.000 caller #6 play “您拨的分机号不存在。” to caller
< 4 done caller play ok
> 4.000 caller #7 play “请直接拨分机号。” to caller
< 5 leg caller digit 8
> 5.000 caller #8 stop caller
> 5.000 caller #9 listen to caller for 5.000s
< 5.3 leg caller digit 0
> 5.300 caller #10 stop caller
> 5.300 caller #11 listen to caller for 5.000s
> 8.300 caller #12 stop caller
> 8.300 caller #13 play “您拨的分机号不存在。” to caller
< 10 done caller play ok
> 10.000 caller #14 play “请直接拨分机号。” to caller
< 11 leg caller digit 8
> 11.000 caller #15 stop caller
> 11.000 caller #16 listen to caller for 5.000s
< 11.3 leg caller digit #
> 11.300 caller #17 stop caller
> 11.300 caller note dial: invalid
> 11.300 caller note menu -> announce
> 11.300 caller #18 play /sounds/wrong.wav to caller
< 13 done caller play ok
> 13.000 caller note wrong: done
> 13.000 caller note announce -> ending
> 13.000 caller #19 hang up caller as normal
< 13.1 leg caller hung_up normal
> 13.100 caller note ending -> -
> 13.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000013000,"wait":13000,"path":["dial","wrong","bye"]}
