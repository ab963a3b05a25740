# A flow that ends a call says with which cause.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "sorry" }
| [nodes.sorry]
| type = "play"
| prompt = "sorry.wav"
| exits = { done = "bye" }
| [nodes.bye]
| type = "hangup"
| cause = "congestion"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> announce
> 0.000 caller #3 play /sounds/sorry.wav to caller
< 3 done caller play ok
> 3.000 caller note sorry: done
> 3.000 caller note announce -> ending
> 3.000 caller #4 hang up caller as congestion
< 3.1 leg caller hung_up congestion
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"congestion","arrived":1800000000000,"ended":1800000003000,"wait":3000,"path":["sorry","bye"]}
