# Who is sent from one queue to another has waited in both. Whom the second finds busy it leaves alone for a while.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
| flow = { start = "sales" }
| [groups.sales]
| agents = ["01"]
| [groups.service]
| agents = ["02"]
| [nodes.sales]
| type = "queue"
| group = "sales"
| wait_s = 10
| exits = { timeout = "service", _ = "bye" }
| [nodes.service]
| type = "queue"
| group = "service"
| wait_s = 10
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> queue
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000001 of 1, or wait since 0.000s among 50
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 leg agent1 answered
< 1.02 leg agent1 parked
> 1.020 one note queue -> connect
> 1.020 one #6 cancel fallback of one
> 1.020 one #7 bridge one and agent1
< 1.04 leg one answered
< 1.04 leg one bridged agent1
> 1.040 one note connect -> talk
< 2 arrived two from 13800138002 to 4008001234
> 2.000 two #1 take two
> 2.000 two #2 keep fallback of two for 600.000s
> 2.000 two note - -> queue
> 2.000 two #3 play ringing tone to two over and over
> 2.000 two #4 claim 13900000001 of 1, or wait since 2.000s among 50
> 2.000 two note 0 ahead
> 2.000 two #5 answer two
> 2.000 two #6 stop two
> 2.000 two #7 play ringing tone to two over and over
< 2.02 leg two answered
> 12.000 two #8 abandon #4
> 12.000 two note agent 01: LinesTaken
> 12.000 two note sales: timeout (the caller has waited long enough)
> 12.000 two note queue -> queue
> 12.000 two #9 claim 13900000002 of 1, or wait since 12.000s among 50
> 12.000 two #10 ring agent2 at 13900000002 for 22.000s showing "13800138002"
> 12.000 two note calling agent 02
< 14 leg agent2 hung_up busy
> 14.000 two note agent 02: Busy
> 14.000 two #11 release #9 to rest for 30.000s
> 14.000 two #12 claim 13900000002 of 1, or wait since 12.000s among 50
> 14.000 two note 0 ahead
> 22.000 two #13 abandon #12
> 22.000 two note service: timeout (the caller has waited long enough)
> 22.000 two note queue -> ending
> 22.000 two #14 hang up two as busy
< 22.1 leg two hung_up busy
> 22.100 two note ending -> -
> 22.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000002000,"billing_start":1800000002020,"ended":1800000022000,"wait":20000,"path":["sales","service","bye"],"queued":20000,"attempts":[{"agent":"01","started":1800000012000,"ended":1800000012000,"outcome":"lines_taken"},{"agent":"02","leg":"agent2","started":1800000012000,"ended":1800000014000,"outcome":"busy"}]}
