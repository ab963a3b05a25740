# A flow that goes in a circle without waiting ends: the caller hears the closing words.
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "round" }
| [nodes.round]
| type = "play"
| prompt = "round.wav"
| exits = { done = "round" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> announce
> 0.000 caller #3 play /sounds/round.wav to caller
< 1 done caller play failed other
> 1.000 caller note round: done
> 1.000 caller note announce -> announce
> 1.000 caller #4 play /sounds/round.wav to caller
< 2 leg caller hung_up cancelled
> 2.000 caller note announce -> ending
> 2.000 caller note ending -> -
> 2.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"f7ab50b3d504c6b4","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"billing_start":null,"ended":1800000002000,"wait":2000,"talk":0,"agent":null,"refused":null,"path":["round","round"],"entered":{},"marks":{},"queued":0,"recording":null,"message":null,"score":null,"call_back":null,"attempts":[]}
