# After a talk the agent is left alone for as long as it needs to write things down.
< fallback 600
< 0 hotline 4008001234
| wrap_up_s = 20
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play /sounds/ring.wav to one over and over
> 0.000 one #4 claim 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 leg agent1 answered
< 1.02 leg agent1 parked
> 1.020 one note hunt -> connect
> 1.020 one #6 cancel fallback of one
> 1.020 one #7 bridge one and agent1
< 1.04 leg one answered
< 1.04 leg one bridged agent1
> 1.040 one note connect -> talk
< 5 arrived two from 13800138002 to 4008001234
> 5.000 two #1 take two
> 5.000 two #2 keep fallback of two for 600.000s
> 5.000 two note - -> hunt
> 5.000 two #3 play /sounds/ring.wav to two over and over
> 5.000 two #4 claim 13900000001 of 1
> 5.000 two note agent 01: LinesTaken
> 5.000 two note agents: busy (all agents were tried)
> 5.000 two note hunt -> queue
> 5.000 two #5 claim 13900000001 of 1, or wait since 5.000s among 50
> 5.000 two note 0 ahead
> 5.000 two #6 answer two
> 5.000 two #7 stop two
> 5.000 two #8 play /sounds/music.wav to two over and over
< 5.02 leg two answered
< 10 leg one hung_up normal
> 10.000 one note talk -> ending
> 10.000 one #8 hang up agent1 as normal
< 10.1 leg agent1 hung_up normal
> 10.100 one #9 release #4 to rest for 20.000s
> 10.100 one note ending -> -
> 10.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000001040,"ended":1800000010000,"wait":1040,"talk":8960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000001000,"ended":1800000010000,"outcome":"talked"}]}
> 30.100 two #9 ring agent2 at 13900000001 for 22.000s showing "13800138002"
> 30.100 two note calling agent 01
< 32 leg two hung_up normal
> 32.000 two note queue -> ending
> 32.000 two note agent 01: CallerLeft
> 32.000 two #10 hang up agent2 as cancelled
< 32.1 leg agent2 hung_up cancelled
> 32.100 two #11 release #5
> 32.100 two note ending -> -
> 32.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000005000,"billing_start":1800000005020,"ended":1800000032000,"wait":27000,"path":["agents","agents_queue"],"queued":27000,"attempts":[{"agent":"01","started":1800000005000,"ended":1800000005000,"outcome":"lines_taken"},{"agent":"01","leg":"agent2","started":1800000030100,"ended":1800000032000,"outcome":"caller_left"}]}
