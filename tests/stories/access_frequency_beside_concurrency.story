# How often a caller called counts also where the hotline takes only so many calls at a time.
< fallback 600
< 0 hotline 4008001234
| calls_max = 10
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| frequency = { calls = 1, minutes = 10 }
< 0 arrived first from 13800138000 to 4008001234
> 0.000 first #1 take first
> 0.000 first #2 keep fallback of first for 600.000s
> 0.000 first note - -> admission
> 0.000 first #3 count a call of 4008001234 in of at most 10
> 0.000 first note admission -> admission
> 0.000 first #4 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 0.000 first note access: allowed (no rule refuses)
> 0.000 first note admission -> hunt
> 0.000 first #5 play ringing tone to first over and over
> 0.000 first #6 claim 13900000001 of 1
> 0.000 first #7 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 first note calling agent 01
< 1 leg first hung_up cancelled
> 1.000 first note hunt -> ending
> 1.000 first note agent 01: CallerLeft
> 1.000 first #8 hang up agent1 as cancelled
< 1.1 leg agent1 hung_up cancelled
> 1.100 first #9 release #6
> 1.100 first #10 count a call of 4008001234 out
> 1.100 first note ending -> -
> 1.100 record {"call":"first","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"path":["access","agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"caller_left"}]}
< 60 arrived second from 13800138000 to 4008001234
> 60.000 second #1 take second
> 60.000 second #2 keep fallback of second for 600.000s
> 60.000 second note - -> admission
> 60.000 second #3 count a call of 4008001234 in of at most 10
> 60.000 second note admission -> admission
> 60.000 second #4 count a call of 4008001234 in, counting those of 13800138000 within 600.000s
> 60.000 second note refused: frequency (2 calls lately)
> 60.000 second note admission -> ending
> 60.000 second #5 hang up second as rejected
< 60.1 leg second hung_up rejected
> 60.100 second #6 count a call of 4008001234 out
> 60.100 second note ending -> -
> 60.100 record {"call":"second","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000060000,"ended":1800000060000,"refused":"frequency","path":["access"]}
