# One may wait; the next hears at once that nobody can come, and is not charged for it.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
| ringback = "music.wav"
| length_max = 1
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
> 1.000 two #5 claim 13900000001 of 1, or wait since 1.000s among 1
> 1.000 two note 0 ahead
> 1.000 two #6 answer two
> 1.000 two #7 stop two
> 1.000 two #8 play /sounds/music.wav to two over and over
< 1.02 leg two answered
< 3 arrived three from 13800138003 to 4008001234
> 3.000 three #1 take three
> 3.000 three #2 keep fallback of three for 600.000s
> 3.000 three note - -> hunt
> 3.000 three #3 play /sounds/ring.wav to three over and over
> 3.000 three #4 claim 13900000001 of 1
> 3.000 three note agent 01: LinesTaken
> 3.000 three note agents: busy (all agents were tried)
> 3.000 three note hunt -> queue
> 3.000 three #5 claim 13900000001 of 1, or wait since 3.000s among 1
> 3.000 three note agents_queue: full (as many wait as may)
> 3.000 three note queue -> announce
> 3.000 three #6 stop three
> 3.000 three #7 play /sounds/closing.wav to three
< 7 done three play ok
> 7.000 three note closing: done
> 7.000 three note announce -> ending
> 7.000 three #8 hang up three as busy
< 7.1 leg three hung_up busy
> 7.100 three note ending -> -
> 7.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000003000,"ended":1800000007000,"wait":4000,"path":["agents","agents_queue","closing","end"],"attempts":[{"agent":"01","started":1800000003000,"ended":1800000003000,"outcome":"lines_taken"}]}
