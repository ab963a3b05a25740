# The third call within ten minutes is one too many; later it may call again.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| frequency = { calls = 2, minutes = 10 }
< 0 arrived first from 13800138000 to 4008001234
> 0.000 first #1 take first
> 0.000 first #2 keep fallback of first for 600.000s
> 0.000 first note - -> admission
> 0.000 first #3 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 0.000 first note access: allowed (no rule refuses)
> 0.000 first note admission -> hunt
> 0.000 first #4 play ringing tone to first over and over
> 0.000 first #5 claim 13900000001 of 1
> 0.000 first #6 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 first note calling agent 01
< 1 leg first hung_up cancelled
> 1.000 first note hunt -> ending
> 1.000 first note agent 01: CallerLeft
> 1.000 first #7 hang up agent1 as cancelled
< 1.1 leg agent1 hung_up cancelled
> 1.100 first #8 release #5
> 1.100 first #9 count a call of 4008001234 out
> 1.100 first note ending -> -
> 1.100 record {"call":"first","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"path":["access","agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"caller_left"}]}
< 60 arrived second from 013800138000 to 4008001234
> 60.000 second #1 take second
> 60.000 second #2 keep fallback of second for 600.000s
> 60.000 second note - -> admission
> 60.000 second #3 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 60.000 second note access: allowed (no rule refuses)
> 60.000 second note admission -> hunt
> 60.000 second #4 play ringing tone to second over and over
> 60.000 second #5 claim 13900000001 of 1
> 60.000 second #6 ring agent2 at 13900000001 for 22.000s showing "013800138000"
> 60.000 second note calling agent 01
< 61 leg second hung_up cancelled
> 61.000 second note hunt -> ending
> 61.000 second note agent 01: CallerLeft
> 61.000 second #7 hang up agent2 as cancelled
< 61.1 leg agent2 hung_up cancelled
> 61.100 second #8 release #5
> 61.100 second #9 count a call of 4008001234 out
> 61.100 second note ending -> -
> 61.100 record {"call":"second","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"013800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000060000,"ended":1800000061000,"wait":1000,"path":["access","agents"],"attempts":[{"agent":"01","leg":"agent2","started":1800000060000,"ended":1800000061000,"outcome":"caller_left"}]}
< 120 arrived third from 13800138000 to 4008001234
> 120.000 third #1 take third
> 120.000 third #2 keep fallback of third for 600.000s
> 120.000 third note - -> admission
> 120.000 third #3 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 120.000 third note refused: frequency (3 calls lately)
> 120.000 third note admission -> ending
> 120.000 third #4 hang up third as rejected
< 120.1 leg third hung_up rejected
> 120.100 third #5 count a call of 4008001234 out
> 120.100 third note ending -> -
> 120.100 record {"call":"third","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000120000,"ended":1800000120000,"refused":"frequency","path":["access"]}
< 1000 arrived later from 13800138000 to 4008001234
> 1000.000 later #1 take later
> 1000.000 later #2 keep fallback of later for 600.000s
> 1000.000 later note - -> admission
> 1000.000 later #3 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 1000.000 later note access: allowed (no rule refuses)
> 1000.000 later note admission -> hunt
> 1000.000 later #4 play ringing tone to later over and over
> 1000.000 later #5 claim 13900000001 of 1
> 1000.000 later #6 ring agent3 at 13900000001 for 22.000s showing "13800138000"
> 1000.000 later note calling agent 01
