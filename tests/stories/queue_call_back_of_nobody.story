# Who gives no number cannot be called back, hears so, and waits on.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| call_back = "2"
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play /sounds/ring.wav to one over and over
> 0.000 one #4 claim 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 arrived two from withheld to 4008001234
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
< 3 leg two digit 2
> 3.000 two #9 stop two
> 3.000 two #10 play “对不起，暂时不能登记回电。” to two
< 6 done two play ok
> 6.000 two #11 play /sounds/music.wav to two over and over
< 8 leg two hung_up normal
> 8.000 two note queue -> ending
> 8.000 two #12 abandon #5
> 8.000 two note ending -> -
> 8.000 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000008000,"wait":7000,"path":["agents","agents_queue"],"queued":7000,"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"}]}
