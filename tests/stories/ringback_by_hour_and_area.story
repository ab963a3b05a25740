# The first ringback that fits is played: by area, by hour, or the one for all others.
< at 2026-11-27T20:00:00+08:00
< fallback 600
< 0 hotline 4008001234
| ringback = "day.wav"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }, { id = "03", phone = "13900000003" }]
| [[ringbacks]]
| areas = ["上海"]
| file = "shanghai.wav"
| [[ringbacks]]
| hours = "late"
| file = "evening.wav"
| [hours.late]
| open = "daily 18:00-24:00"
< 0 arrived shanghai from 02152345678 to 4008001234
> 0.000 shanghai #1 take shanghai
> 0.000 shanghai #2 keep fallback of shanghai for 600.000s
> 0.000 shanghai note - -> hunt
> 0.000 shanghai #3 play /sounds/shanghai.wav to shanghai over and over
> 0.000 shanghai #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 0.000 shanghai #5 ring agent1 at 13900000001 for 22.000s showing "02152345678"
> 0.000 shanghai note calling agent 01
< 0 arrived elsewhere from 02052345678 to 4008001234
> 0.000 elsewhere #1 take elsewhere
> 0.000 elsewhere #2 keep fallback of elsewhere for 600.000s
> 0.000 elsewhere note - -> hunt
> 0.000 elsewhere #3 play /sounds/evening.wav to elsewhere over and over
> 0.000 elsewhere #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 0.000 elsewhere #5 ring agent2 at 13900000002 for 22.000s showing "02052345678"
> 0.000 elsewhere note calling agent 02
< 2 leg shanghai hung_up cancelled
> 2.000 shanghai note hunt -> ending
> 2.000 shanghai note agent 01: CallerLeft
> 2.000 shanghai #6 hang up agent1 as cancelled
< 2 leg elsewhere hung_up cancelled
> 2.000 elsewhere note hunt -> ending
> 2.000 elsewhere note agent 02: CallerLeft
> 2.000 elsewhere #6 hang up agent2 as cancelled
< 2.1 leg agent1 hung_up cancelled
> 2.100 shanghai #7 release #4
> 2.100 shanghai note ending -> -
> 2.100 record {"call":"shanghai","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"02152345678","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1795780800000,"ended":1795780802000,"wait":2000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1795780800000,"ended":1795780802000,"outcome":"caller_left"}]}
< 2.1 leg agent2 hung_up cancelled
> 2.100 elsewhere #7 release #4
> 2.100 elsewhere note ending -> -
> 2.100 record {"call":"elsewhere","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"02052345678","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1795780800000,"ended":1795780802000,"wait":2000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1795780800000,"ended":1795780802000,"outcome":"caller_left"}]}
< 43200 arrived tomorrow from 02052345679 to 4008001234
> 43200.000 tomorrow #1 take tomorrow
> 43200.000 tomorrow #2 keep fallback of tomorrow for 600.000s
> 43200.000 tomorrow note - -> hunt
> 43200.000 tomorrow #3 play /sounds/day.wav to tomorrow over and over
> 43200.000 tomorrow #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 43200.000 tomorrow #5 ring agent3 at 13900000001 for 22.000s showing "02052345679"
> 43200.000 tomorrow note calling agent 01
