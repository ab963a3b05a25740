# A key leads out of the queue to a message; the place in it is given up.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| exits = { 9 = "voicemail" }
| [voicemail]
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
< 3 leg two digit 5
< 4 leg two digit 9
> 4.000 two #9 abandon #5
> 4.000 two note agents_queue: 9 (the caller pressed 9)
> 4.000 two note queue -> voicemail
> 4.000 two #10 stop two
> 4.000 two #11 play “请在提示音后留言，结束请挂机或按井号键。” to two
< 9 done two play ok
> 9.000 two #12 play beep to two
< 9.5 done two play ok
> 9.500 two #13 record two as 4008001234/2027-01-15/two-message.wav for 120.000s or until 10.000s of silence
< 15 leg two hung_up normal
> 15.000 two note voicemail -> ending
> 15.000 two note ending -> -
> 15.000 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"message","ended_by":"caller","cause":"normal","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000015000,"wait":14000,"path":["agents","agents_queue","voicemail"],"queued":3000,"message":{"file":"4008001234/2027-01-15/two-message.wav","length":5500},"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"}]}
