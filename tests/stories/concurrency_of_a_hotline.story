# The hotline takes one call at a time: a second is rejected as busy, unanswered, until the first is over.
< fallback 600
< 0 hotline 4008001234
| calls_max = 1
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> admission
> 0.000 one #3 count a call of 4008001234 in of at most 1
> 0.000 one note admission -> hunt
> 0.000 one #4 play ringing tone to one over and over
> 0.000 one #5 claim 13900000001 of 1, 13900000002 of 1
> 0.000 one #6 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 arrived two from 13800138002 to 4008001234
> 1.000 two #1 take two
> 1.000 two #2 keep fallback of two for 600.000s
> 1.000 two note - -> admission
> 1.000 two #3 count a call of 4008001234 in of at most 1
> 1.000 two note refused: concurrency (1 calls are live)
> 1.000 two note admission -> ending
> 1.000 two #4 hang up two as busy
< 1.1 leg two hung_up busy
> 1.100 two note ending -> -
> 1.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"refused","ended_by":"hotline","cause":"busy","arrived":1800000001000,"ended":1800000001000,"refused":"concurrency"}
< 2 leg one hung_up cancelled
> 2.000 one note hunt -> ending
> 2.000 one note agent 01: CallerLeft
> 2.000 one #7 hang up agent1 as cancelled
< 2.1 leg agent1 hung_up cancelled
> 2.100 one #8 release #5
> 2.100 one #9 count a call of 4008001234 out
> 2.100 one note ending -> -
> 2.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000002000,"wait":2000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000002000,"outcome":"caller_left"}]}
< 3 arrived three from 13800138003 to 4008001234
> 3.000 three #1 take three
> 3.000 three #2 keep fallback of three for 600.000s
> 3.000 three note - -> admission
> 3.000 three #3 count a call of 4008001234 in of at most 1
> 3.000 three note admission -> hunt
> 3.000 three #4 play ringing tone to three over and over
> 3.000 three #5 claim 13900000001 of 1, 13900000002 of 1
> 3.000 three #6 ring agent2 at 13900000001 for 22.000s showing "13800138003"
> 3.000 three note calling agent 01
