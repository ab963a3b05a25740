# Round robin: each call begins with the agent behind the one that the last call began with.
< fallback 600
< 0 hotline 4008001234
| order = "round_robin"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000001 of 1, 13900000002 of 1 by turns
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 leg one hung_up cancelled
> 1.000 one note hunt -> ending
> 1.000 one note agent 01: CallerLeft
> 1.000 one #6 hang up agent1 as cancelled
< 1.1 leg agent1 hung_up cancelled
> 1.100 one #7 release #4
> 1.100 one note ending -> -
> 1.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"caller_left"}]}
< 2 arrived two from 13800138002 to 4008001234
> 2.000 two #1 take two
> 2.000 two #2 keep fallback of two for 600.000s
> 2.000 two note - -> hunt
> 2.000 two #3 play ringing tone to two over and over
> 2.000 two #4 claim 13900000001 of 1, 13900000002 of 1 by turns
> 2.000 two #5 ring agent2 at 13900000002 for 22.000s showing "13800138002"
> 2.000 two note calling agent 02
< 3 leg two hung_up cancelled
> 3.000 two note hunt -> ending
> 3.000 two note agent 02: CallerLeft
> 3.000 two #6 hang up agent2 as cancelled
< 3.1 leg agent2 hung_up cancelled
> 3.100 two #7 release #4
> 3.100 two note ending -> -
> 3.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000002000,"ended":1800000003000,"wait":1000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1800000002000,"ended":1800000003000,"outcome":"caller_left"}]}
< 4 arrived three from 13800138003 to 4008001234
> 4.000 three #1 take three
> 4.000 three #2 keep fallback of three for 600.000s
> 4.000 three note - -> hunt
> 4.000 three #3 play ringing tone to three over and over
> 4.000 three #4 claim 13900000001 of 1, 13900000002 of 1 by turns
> 4.000 three #5 ring agent3 at 13900000001 for 22.000s showing "13800138003"
> 4.000 three note calling agent 01
< 5 leg three hung_up cancelled
> 5.000 three note hunt -> ending
> 5.000 three note agent 01: CallerLeft
> 5.000 three #6 hang up agent3 as cancelled
< 5.1 leg agent3 hung_up cancelled
> 5.100 three #7 release #4
> 5.100 three note ending -> -
> 5.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000004000,"ended":1800000005000,"wait":1000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent3","started":1800000004000,"ended":1800000005000,"outcome":"caller_left"}]}
