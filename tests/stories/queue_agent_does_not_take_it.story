# The agent whose turn it is does not take the call: it is left alone for a while, and the caller waits on in
# the place it had.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| wait_s = 60
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
> 1.000 two note hunt -> queue
> 1.000 two #5 claim 13900000001 of 1, or wait since 1.000s among 50
> 1.000 two note 0 ahead
> 1.000 two #6 answer two
> 1.000 two #7 stop two
> 1.000 two #8 play /sounds/music.wav to two over and over
< 1.02 leg two answered
< 4 leg one hung_up cancelled
> 4.000 one note hunt -> ending
> 4.000 one note agent 01: CallerLeft
> 4.000 one #6 hang up agent1 as cancelled
< 4.1 leg agent1 hung_up cancelled
> 4.100 one #7 release #4
> 4.100 one note ending -> -
> 4.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000004000,"wait":4000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000004000,"outcome":"caller_left"}]}
> 4.100 two #9 ring agent2 at 13900000001 for 22.000s showing "13800138002"
> 4.100 two note calling agent 01
> 24.100 two note agent 01: NoAnswer
> 24.100 two #10 hang up agent2 as no_answer
> 24.100 two #11 claim 13900000001 of 1, or wait since 1.000s among 50
> 24.100 two note 0 ahead, about 3.100s
< 24.2 leg agent2 hung_up no_answer
> 24.200 two #12 release #5 to rest for 30.000s
< 30 arrived three from 13800138003 to 4008001234
> 30.000 three #1 take three
> 30.000 three #2 keep fallback of three for 600.000s
> 30.000 three note - -> hunt
> 30.000 three #3 play /sounds/ring.wav to three over and over
> 30.000 three #4 claim 13900000001 of 1
> 30.000 three note agent 01: LinesTaken
> 30.000 three note agents: busy (all agents were tried)
> 30.000 three note hunt -> queue
> 30.000 three #5 claim 13900000001 of 1, or wait since 30.000s among 50
> 30.000 three note 1 ahead, about 6.200s
> 30.000 three #6 answer three
> 30.000 three #7 stop three
> 30.000 three #8 play /sounds/music.wav to three over and over
< 30.02 leg three answered
> 54.200 two #13 ring agent3 at 13900000001 for 22.000s showing "13800138002"
> 54.200 two note calling agent 01
< 56 leg two hung_up normal
> 56.000 two note queue -> ending
> 56.000 two note agent 01: CallerLeft
> 56.000 two #14 hang up agent3 as cancelled
< 56.1 leg agent3 hung_up cancelled
> 56.100 two #15 release #11
> 56.100 two note ending -> -
> 56.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000056000,"wait":55000,"path":["agents","agents_queue"],"queued":55000,"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"},{"agent":"01","leg":"agent2","started":1800000004100,"ended":1800000024100,"outcome":"no_answer"},{"agent":"01","leg":"agent3","started":1800000054200,"ended":1800000056000,"outcome":"caller_left"}]}
> 56.100 three #9 ring agent4 at 13900000001 for 22.000s showing "13800138003"
> 56.100 three note calling agent 01
< 58 leg three hung_up normal
> 58.000 three note queue -> ending
> 58.000 three note agent 01: CallerLeft
> 58.000 three #10 hang up agent4 as cancelled
< 58.1 leg agent4 hung_up cancelled
> 58.100 three #11 release #5
> 58.100 three note ending -> -
> 58.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000030000,"billing_start":1800000030020,"ended":1800000058000,"wait":28000,"path":["agents","agents_queue"],"queued":28000,"attempts":[{"agent":"01","started":1800000030000,"ended":1800000030000,"outcome":"lines_taken"},{"agent":"01","leg":"agent4","started":1800000056100,"ended":1800000058000,"outcome":"caller_left"}]}
