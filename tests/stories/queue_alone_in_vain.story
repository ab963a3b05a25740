# A queue without a group before it: who waits in vain found everybody busy, and hears the closing words.
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "desk" }
| [nodes.desk]
| type = "queue"
| group = "agents"
| wait_s = 10
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> queue
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 13900000001 of 1, or wait since 0.000s among 50
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 leg agent1 answered
< 1.02 leg agent1 parked
> 1.020 one note queue -> connect
> 1.020 one #6 cancel fallback of one
> 1.020 one #7 bridge one and agent1
< 1.04 leg one answered
< 1.04 leg one bridged agent1
> 1.040 one note connect -> talk
< 2 arrived two from 13800138002 to 4008001234
> 2.000 two #1 take two
> 2.000 two #2 keep fallback of two for 600.000s
> 2.000 two note - -> queue
> 2.000 two #3 play ringing tone to two over and over
> 2.000 two #4 claim 13900000001 of 1, or wait since 2.000s among 50
> 2.000 two note 0 ahead
> 2.000 two #5 answer two
> 2.000 two #6 stop two
> 2.000 two #7 play ringing tone to two over and over
< 2.02 leg two answered
> 12.000 two #8 abandon #4
> 12.000 two note agent 01: LinesTaken
> 12.000 two note desk: timeout (the caller has waited long enough)
> 12.000 two note queue -> closing
> 12.000 two #9 stop two
> 12.000 two #10 play /sounds/closing.wav to two
< 16 done two play ok
> 16.000 two note closing -> ending
> 16.000 two #11 hang up two as busy
< 16.1 leg two hung_up busy
> 16.100 two note ending -> -
> 16.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000002000,"billing_start":1800000002020,"ended":1800000016000,"wait":14000,"path":["desk"],"queued":10000,"attempts":[{"agent":"01","started":1800000012000,"ended":1800000012000,"outcome":"lines_taken"}]}
