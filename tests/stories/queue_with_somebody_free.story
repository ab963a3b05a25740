# Somebody is free: the caller does not wait, so the call is not answered before they talk, and nobody pays for it.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "desk" }
| [nodes.desk]
| type = "queue"
| group = "agents"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> queue
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, or wait since 0.000s among 50
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 3 leg agent1 answered
< 3.02 leg agent1 parked
> 3.020 caller note queue -> connect
> 3.020 caller #6 cancel fallback of caller
> 3.020 caller #7 bridge caller and agent1
< 3.04 leg caller answered
< 3.04 leg caller bridged agent1
> 3.040 caller note connect -> talk
< 9 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #8 hang up agent1 as normal
< 9.1 leg agent1 hung_up normal
> 9.100 caller #9 release #4
> 9.100 caller note ending -> -
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000003040,"ended":1800000009000,"wait":3040,"talk":5960,"agent":"01","path":["desk"],"queued":3020,"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000003000,"ended":1800000009000,"outcome":"talked"}]}
