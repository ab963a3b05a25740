# The switch has no way to the caller: the command itself fails.
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
< 3 leg two digit 2
> 3.000 two note queue -> callback
> 3.000 two note will be called back
> 3.000 two #9 stop two
> 3.000 two #10 play “您的回电请求已登记。您的号码是幺三八零零幺三八零零二我们会尽快给您回电。” to two
< 4 leg two hung_up normal
< 15 leg one hung_up cancelled
> 15.000 one note hunt -> ending
> 15.000 one note agent 01: CallerLeft
> 15.000 one #6 hang up agent1 as cancelled
< 15.1 leg agent1 hung_up cancelled
> 15.100 one #7 release #4
> 15.100 one note ending -> -
> 15.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000015000,"wait":15000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000015000,"outcome":"caller_left"}]}
> 15.100 two #11 ring two_again at 13800138002 for 47.000s showing "4008001234"
< 15.2 done two_again ring failed unreachable
> 15.200 two note agent 01: CallerLeft
> 15.200 two #12 release #5
> 15.200 two note callback -> ending
> 15.200 two note ending -> -
> 15.200 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"unanswered","ended_by":"hotline","cause":"no_answer","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000015200,"wait":14200,"path":["agents","agents_queue"],"queued":2000,"call_back":{"asked":1800000003000,"called":1800000015100},"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"},{"agent":"01","started":1800000015100,"ended":1800000015200,"outcome":"caller_left"}]}
