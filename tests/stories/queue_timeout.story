# Who has waited as long as may be hears the closing words.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| wait_s = 30
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
< 2 leg agent1 answered
< 2.02 leg agent1 parked
> 2.020 one note hunt -> connect
> 2.020 one #6 cancel fallback of one
> 2.020 one #7 bridge one and agent1
< 2.04 leg one answered
< 2.04 leg one bridged agent1
> 2.040 one note connect -> talk
> 31.000 two #9 abandon #5
> 31.000 two note agents_queue: timeout (the caller has waited long enough)
> 31.000 two note queue -> announce
> 31.000 two #10 stop two
> 31.000 two #11 play /sounds/closing.wav to two
< 35 done two play ok
> 35.000 two note closing: done
> 35.000 two note announce -> ending
> 35.000 two #12 hang up two as busy
< 35.1 leg two hung_up busy
> 35.100 two note ending -> -
> 35.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000035000,"wait":34000,"path":["agents","agents_queue","closing","end"],"queued":30000,"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"}]}
