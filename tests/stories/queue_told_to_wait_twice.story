# A Redis that is back tells the caller's place once more, before the switch has said that the caller was answered:
# answered once is enough, and what was begun after that is heard.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [queue]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 arrived two from 13800138002 to 4008001234
> 1.000 two #1 take two
> 1.000 two #2 keep fallback of two for 600.000s
> 1.000 two note - -> hunt
> 1.000 two #3 play ringing tone to two over and over
> 1.000 two #4 claim 13900000001 of 1
> 1.000 two note agent 01: LinesTaken
> 1.000 two note agents: busy (all agents were tried)
> 1.000 two note hunt -> queue
> 1.000 two #5 claim 13900000001 of 1, or wait since 1.000s among 50
> 1.000 two note 0 ahead
> 1.000 two #6 answer two
> 1.000 two #7 stop two
> 1.000 two #8 play ringing tone to two over and over
< 1.01 waiting two #5 0
> 1.010 two note 0 ahead
< 1.02 leg two answered
< 2 waiting two #5 0
> 2.000 two note 0 ahead
< 3 leg two hung_up normal
> 3.000 two note queue -> ending
> 3.000 two #9 abandon #5
> 3.000 two note ending -> -
> 3.000 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000001000,"billing_start":1800000001020,"ended":1800000003000,"wait":2000,"path":["agents","agents_queue"],"queued":2000,"attempts":[{"agent":"01","started":1800000001000,"ended":1800000001000,"outcome":"lines_taken"}]}
