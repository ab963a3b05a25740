# An agent with one line is not rung for a second call; with the first call over the line is free again.
< 0 hotline 4008001234 agents=01 ring=20
< 0 arrived first from 13800138000 to 4008001234
> 0.000 first #1 take first
> 0.000 first #2 keep fallback of first for 5.000s
> 0.000 first note - -> hunt
> 0.000 first #3 play /sounds/ring.wav to first over and over
> 0.000 first #4 claim 13900000001 of 1
> 0.000 first #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 first note calling agent 01
< 1 arrived second from 13800138001 to 4008001234
> 1.000 second #1 take second
> 1.000 second #2 keep fallback of second for 5.000s
> 1.000 second note - -> hunt
> 1.000 second #3 play /sounds/ring.wav to second over and over
> 1.000 second #4 claim 13900000001 of 1
> 1.000 second note agent 01: LinesTaken
> 1.000 second note agents: busy (all agents were tried)
> 1.000 second note hunt -> announce
> 1.000 second #5 stop second
> 1.000 second #6 play /sounds/closing.wav to second
< 1.5 done second play ok
> 1.500 second note closing: done
> 1.500 second note announce -> ending
> 1.500 second #7 hang up second as busy
< 1.6 leg second hung_up busy
> 1.600 second note ending -> -
> 1.600 record {"call":"second","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000001000,"ended":1800000001500,"wait":500,"path":["agents","closing","end"],"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"}]}
> 1.666 first #6 keep fallback of first for 5.000s
< 2 leg first hung_up cancelled
> 2.000 first note hunt -> ending
> 2.000 first note agent 01: CallerLeft
> 2.000 first #7 hang up agent1 as cancelled
< 2.1 leg agent1 hung_up cancelled
> 2.100 first #8 release #4
> 2.100 first note ending -> -
> 2.100 record {"call":"first","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000002000,"wait":2000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000002000,"outcome":"caller_left"}]}
< 3 arrived third from 13800138002 to 4008001234
> 3.000 third #1 take third
> 3.000 third #2 keep fallback of third for 5.000s
> 3.000 third note - -> hunt
> 3.000 third #3 play /sounds/ring.wav to third over and over
> 3.000 third #4 claim 13900000001 of 1
> 3.000 third #5 ring agent2 at 13900000001 for 22.000s showing "13800138002"
> 3.000 third note calling agent 01
< 4 leg third hung_up cancelled
> 4.000 third note hunt -> ending
> 4.000 third note agent 01: CallerLeft
> 4.000 third #6 hang up agent2 as cancelled
< 4.1 leg agent2 hung_up cancelled
> 4.100 third #7 release #4
> 4.100 third note ending -> -
> 4.100 record {"call":"third","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000003000,"ended":1800000004000,"wait":1000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent2","started":1800000003000,"ended":1800000004000,"outcome":"caller_left"}]}
