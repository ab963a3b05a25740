# All of the group are taken: the group it overflows into is called, with the same ringback.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
| [groups.agents]
| agents = ["01"]
| overflow = "reserve"
| [groups.reserve]
| agents = ["02"]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play /sounds/ring.wav to one over and over
> 0.000 one #4 claim 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 arrived two from 13800138002 to 4008001234
> 1.000 two #1 take two
> 1.000 two #2 keep fallback of two for 600.000s
> 1.000 two note - -> hunt
> 1.000 two #3 play /sounds/ring.wav to two over and over
> 1.000 two #4 claim 13900000001 of 1
> 1.000 two note agent 01: LinesTaken
> 1.000 two note agents: busy (all agents were tried)
> 1.000 two note hunt -> hunt
> 1.000 two #5 claim 13900000002 of 1
> 1.000 two #6 ring agent2 at 13900000002 for 22.000s showing "13800138002"
> 1.000 two note calling agent 02
< 2 leg two hung_up cancelled
> 2.000 two note hunt -> ending
> 2.000 two note agent 02: CallerLeft
> 2.000 two #7 hang up agent2 as cancelled
< 2.1 leg agent2 hung_up cancelled
> 2.100 two #8 release #5
> 2.100 two note ending -> -
> 2.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000001000,"ended":1800000002000,"wait":1000,"path":["agents","agents_overflow"],"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"},{"agent":"02","leg":"agent2","started":1800000001000,"ended":1800000002000,"outcome":"caller_left"}]}
