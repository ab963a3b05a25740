# Random: each call has an order of its own, and keeps it from one attempt to the next.
< fallback 600
< 0 hotline 4008001234
| order = "random"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }, { id = "03", phone = "13900000003" }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000003 of 1, 13900000002 of 1, 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000003 for 22.000s showing "13800138001"
> 0.000 one note calling agent 03
< 1 leg agent1 hung_up busy
> 1.000 one note agent 03: Busy
> 1.000 one #6 release #4
> 1.000 one #7 claim 13900000002 of 1, 13900000001 of 1
> 1.000 one #8 ring agent2 at 13900000002 for 22.000s showing "13800138001"
> 1.000 one note calling agent 02
< 2 leg one hung_up cancelled
> 2.000 one note hunt -> ending
> 2.000 one note agent 02: CallerLeft
> 2.000 one #9 hang up agent2 as cancelled
< 2.1 leg agent2 hung_up cancelled
> 2.100 one #10 release #7
> 2.100 one note ending -> -
> 2.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000002000,"wait":2000,"path":["agents"],"attempts":[{"agent":"03","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000001000,"ended":1800000002000,"outcome":"caller_left"}]}
< 3 arrived another from 13800138002 to 4008001234
> 3.000 another #1 take another
> 3.000 another #2 keep fallback of another for 600.000s
> 3.000 another note - -> hunt
> 3.000 another #3 play ringing tone to another over and over
> 3.000 another #4 claim 13900000002 of 1, 13900000001 of 1, 13900000003 of 1
> 3.000 another #5 ring agent3 at 13900000002 for 22.000s showing "13800138002"
> 3.000 another note calling agent 02
< 4 leg another hung_up cancelled
> 4.000 another note hunt -> ending
> 4.000 another note agent 02: CallerLeft
> 4.000 another #6 hang up agent3 as cancelled
< 4.1 leg agent3 hung_up cancelled
> 4.100 another #7 release #4
> 4.100 another note ending -> -
> 4.100 record {"call":"another","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000003000,"ended":1800000004000,"wait":1000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent3","started":1800000003000,"ended":1800000004000,"outcome":"caller_left"}]}
