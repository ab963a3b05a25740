# Who waits hears how many are ahead, again after a while, and how long it may take once somebody was served.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| say_position = true
| say_wait = true
| every_s = 20
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
> 1.000 two #8 play “您是下一位，请不要挂机。” to two
< 1.02 leg two answered
< 3 done two play ok
> 3.000 two #9 play /sounds/music.wav to two over and over
< 4 arrived three from 13800138003 to 4008001234
> 4.000 three #1 take three
> 4.000 three #2 keep fallback of three for 600.000s
> 4.000 three note - -> hunt
> 4.000 three #3 play /sounds/ring.wav to three over and over
> 4.000 three #4 claim 13900000001 of 1
> 4.000 three note agent 01: LinesTaken
> 4.000 three note agents: busy (all agents were tried)
> 4.000 three note hunt -> queue
> 4.000 three #5 claim 13900000001 of 1, or wait since 4.000s among 50
> 4.000 three note 1 ahead
> 4.000 three #6 answer three
> 4.000 three #7 stop three
> 4.000 three #8 play “您前面还有一位客户在等待。” to three
< 4.02 leg three answered
< 6 done three play ok
> 6.000 three #9 play /sounds/music.wav to three over and over
< 16 leg one hung_up cancelled
> 16.000 one note hunt -> ending
> 16.000 one note agent 01: CallerLeft
> 16.000 one #6 hang up agent1 as cancelled
< 16.1 leg agent1 hung_up cancelled
> 16.100 one #7 release #4
> 16.100 one note ending -> -
> 16.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000016000,"wait":16000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000016000,"outcome":"caller_left"}]}
> 16.100 two #10 ring agent2 at 13900000001 for 22.000s showing "13800138002"
> 16.100 two note calling agent 01
< 18 leg agent2 answered
< 18.02 leg agent2 parked
> 18.020 two note queue -> connect
> 18.020 two #11 cancel fallback of two
> 18.020 two #12 bridge two and agent2
< 18.04 leg two bridged agent2
> 18.040 two note connect -> talk
> 24.000 three #10 ask the place of #5
> 24.000 three note 0 ahead, about 15.100s
> 24.000 three #11 stop three
> 24.000 three #12 play “您是下一位，请不要挂机。预计还需等待不到一分钟” to three
< 25 done three play ok
> 25.000 three #13 play /sounds/music.wav to three over and over
< 30 leg two hung_up normal
> 30.000 two note talk -> ending
> 30.000 two #13 hang up agent2 as normal
< 30.1 leg agent2 hung_up normal
> 30.100 two #14 release #5
> 30.100 two note ending -> -
> 30.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000030000,"wait":17040,"talk":11960,"agent":"01","path":["agents","agents_queue"],"queued":17020,"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"},{"agent":"01","leg":"agent2","started":1800000016100,"answered":1800000018000,"ended":1800000030000,"outcome":"talked"}]}
> 30.100 three #14 ring agent3 at 13900000001 for 22.000s showing "13800138003"
> 30.100 three note calling agent 01
< 32 leg three hung_up normal
> 32.000 three note queue -> ending
> 32.000 three note agent 01: CallerLeft
> 32.000 three #15 hang up agent3 as cancelled
< 32.1 leg agent3 hung_up cancelled
> 32.100 three #16 release #5
> 32.100 three note ending -> -
> 32.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000004000,"billing_start":1800000004020,"ended":1800000032000,"wait":28000,"path":["agents","agents_queue"],"queued":28000,"attempts":[{"agent":"01","started":1800000004000,"ended":1800000004000,"outcome":"lines_taken"},{"agent":"01","leg":"agent3","started":1800000030100,"ended":1800000032000,"outcome":"caller_left"}]}
