# Callers are put through by where they call from: a province, an area code, all others. Who gives no number is
# from nowhere.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }, { id = "03", phone = "13900000003" }]
| flow = { start = "where" }
| [nodes.where]
| type = "area"
| routes = [{ areas = ["上海", "江苏"], exit = "east" }, { areas = ["0755"], exit = "shenzhen" }]
| exits = { _ = "rest" }
| [nodes.east]
| type = "agent"
| agent = "01"
| exits = { _ = "bye" }
| [nodes.shenzhen]
| type = "agent"
| agent = "02"
| exits = { _ = "bye" }
| [nodes.rest]
| type = "agent"
| agent = "03"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived suzhou from 051252345678 to 4008001234
> 0.000 suzhou #1 take suzhou
> 0.000 suzhou #2 keep fallback of suzhou for 600.000s
> 0.000 suzhou note where: east (苏州市)
> 0.000 suzhou note - -> hunt
> 0.000 suzhou #3 play ringing tone to suzhou over and over
> 0.000 suzhou #4 claim 13900000001 of 1
> 0.000 suzhou #5 ring agent1 at 13900000001 for 22.000s showing "051252345678"
> 0.000 suzhou note calling agent 01
< 0 arrived shenzhen from 075552345678 to 4008001234
> 0.000 shenzhen #1 take shenzhen
> 0.000 shenzhen #2 keep fallback of shenzhen for 600.000s
> 0.000 shenzhen note where: shenzhen (深圳市)
> 0.000 shenzhen note - -> hunt
> 0.000 shenzhen #3 play ringing tone to shenzhen over and over
> 0.000 shenzhen #4 claim 13900000002 of 1
> 0.000 shenzhen #5 ring agent2 at 13900000002 for 22.000s showing "075552345678"
> 0.000 shenzhen note calling agent 02
< 0 arrived nowhere from withheld to 4008001234
> 0.000 nowhere #1 take nowhere
> 0.000 nowhere #2 keep fallback of nowhere for 600.000s
> 0.000 nowhere note where: elsewhere (a place nobody knows)
> 0.000 nowhere note - -> hunt
> 0.000 nowhere #3 play ringing tone to nowhere over and over
> 0.000 nowhere #4 claim 13900000003 of 1
> 0.000 nowhere #5 ring agent3 at 13900000003 for 22.000s showing ""
> 0.000 nowhere note calling agent 03
