# Longest idle: of two who both talked once, the one whose talk ended first is called.
< fallback 600
< 0 hotline 4008001234
| order = "longest_idle"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000001 of 1, 13900000002 of 1 by longest idle
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 0 arrived two from 13800138002 to 4008001234
> 0.000 two #1 take two
> 0.000 two #2 keep fallback of two for 600.000s
> 0.000 two note - -> hunt
> 0.000 two #3 play ringing tone to two over and over
> 0.000 two #4 claim 13900000001 of 1, 13900000002 of 1 by longest idle
> 0.000 two #5 ring agent2 at 13900000002 for 22.000s showing "13800138002"
> 0.000 two note calling agent 02
< 1 leg agent1 answered
< 1.02 leg agent1 parked
> 1.020 one note hunt -> connect
> 1.020 one #6 cancel fallback of one
> 1.020 one #7 bridge one and agent1
< 1.04 leg one answered
< 1.04 leg one bridged agent1
> 1.040 one note connect -> talk
< 2 leg agent2 answered
< 2.02 leg agent2 parked
> 2.020 two note hunt -> connect
> 2.020 two #6 cancel fallback of two
> 2.020 two #7 bridge two and agent2
< 2.04 leg two answered
< 2.04 leg two bridged agent2
> 2.040 two note connect -> talk
< 3 leg two hung_up normal
> 3.000 two note talk -> ending
> 3.000 two #8 hang up agent2 as normal
< 3.1 leg agent2 hung_up normal
> 3.100 two #9 release #4
> 3.100 two note ending -> -
> 3.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000003000,"wait":2040,"talk":960,"agent":"02","path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1800000000000,"answered":1800000002000,"ended":1800000003000,"outcome":"talked"}]}
< 4 leg one hung_up normal
> 4.000 one note talk -> ending
> 4.000 one #8 hang up agent1 as normal
< 4.1 leg agent1 hung_up normal
> 4.100 one #9 release #4
> 4.100 one note ending -> -
> 4.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000001040,"ended":1800000004000,"wait":1040,"talk":2960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000001000,"ended":1800000004000,"outcome":"talked"}]}
< 5 arrived three from 13800138003 to 4008001234
> 5.000 three #1 take three
> 5.000 three #2 keep fallback of three for 600.000s
> 5.000 three note - -> hunt
> 5.000 three #3 play ringing tone to three over and over
> 5.000 three #4 claim 13900000001 of 1, 13900000002 of 1 by longest idle
> 5.000 three #5 ring agent3 at 13900000002 for 22.000s showing "13800138003"
> 5.000 three note calling agent 02
< 6 leg three hung_up cancelled
> 6.000 three note hunt -> ending
> 6.000 three note agent 02: CallerLeft
> 6.000 three #6 hang up agent3 as cancelled
< 6.1 leg agent3 hung_up cancelled
> 6.100 three #7 release #4
> 6.100 three note ending -> -
> 6.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000005000,"ended":1800000006000,"wait":1000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent3","started":1800000005000,"ended":1800000006000,"outcome":"caller_left"}]}
