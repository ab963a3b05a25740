# The agent takes the call of who waited and leaves before they talk: the caller waits on, in the place it had.
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
< 1 leg agent1 answered
< 1.02 leg agent1 parked
> 1.020 one note hunt -> connect
> 1.020 one #6 cancel fallback of one
> 1.020 one #7 bridge one and agent1
< 1.04 leg one answered
< 1.04 leg one bridged agent1
> 1.040 one note connect -> talk
< 3 arrived two from 13800138002 to 4008001234
> 3.000 two #1 take two
> 3.000 two #2 keep fallback of two for 600.000s
> 3.000 two note - -> hunt
> 3.000 two #3 play ringing tone to two over and over
> 3.000 two #4 claim 13900000001 of 1
> 3.000 two note agent 01: LinesTaken
> 3.000 two note agents: busy (all agents were tried)
> 3.000 two note hunt -> queue
> 3.000 two #5 claim 13900000001 of 1, or wait since 3.000s among 50
> 3.000 two note 0 ahead
> 3.000 two #6 answer two
> 3.000 two #7 stop two
> 3.000 two #8 play ringing tone to two over and over
< 3.02 leg two answered
< 5 leg one hung_up normal
> 5.000 one note talk -> ending
> 5.000 one #8 hang up agent1 as normal
< 5.1 leg agent1 hung_up normal
> 5.100 one #9 release #4
> 5.100 one note ending -> -
> 5.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000001040,"ended":1800000005000,"wait":1040,"talk":3960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000001000,"ended":1800000005000,"outcome":"talked"}]}
> 5.100 two #9 ring agent2 at 13900000001 for 22.000s showing "13800138002"
> 5.100 two note calling agent 01
< 7 leg agent2 answered
< 7.02 leg agent2 parked
> 7.020 two note queue -> connect
> 7.020 two #10 cancel fallback of two
> 7.020 two #11 bridge two and agent2
< 7.03 leg agent2 hung_up normal
> 7.030 two note agent 01: Dropped
> 7.030 two #12 release #5 to rest for 30.000s
> 7.030 two #13 keep fallback of two for 600.000s
> 7.030 two note connect -> queue
> 7.030 two #14 play ringing tone to two over and over
> 7.030 two #15 claim 13900000001 of 1, or wait since 3.000s among 50
> 7.030 two note 0 ahead, about 2.100s
< 10 leg two hung_up normal
> 10.000 two note queue -> ending
> 10.000 two #16 abandon #15
> 10.000 two note ending -> -
> 10.000 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000003000,"billing_start":1800000003020,"ended":1800000010000,"wait":7000,"path":["agents","agents_queue"],"queued":6990,"attempts":[{"agent":"01","started":1800000003000,"ended":1800000003000,"outcome":"lines_taken"},{"agent":"01","leg":"agent2","started":1800000005100,"answered":1800000007000,"ended":1800000007030,"outcome":"dropped"}]}
