# The link is lost before the switch made the agent's leg: perhaps the order was never heard. The agent is called
# once more, under another leg; when that one is lost in the same way, the search goes on.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play /sounds/ring.wav to one over and over
> 0.000 one #4 claim 13900000001 of 1
> 0.000 one #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 link lost
< 2 link restored one=parked
> 2.000 one note agent 01: Failed
> 2.000 one #6 release #4
> 2.000 one #7 claim 13900000001 of 1
> 2.000 one #8 keep fallback of one for 600.000s
> 2.000 one #9 stop one
> 2.000 one #10 play /sounds/ring.wav to one over and over
> 2.000 one #11 ring agent2 at 13900000001 for 22.000s showing "13800138001"
> 2.000 one note calling agent 01
< 3 link lost
< 4 link restored one=parked
> 4.000 one note agent 01: Failed
> 4.000 one #12 release #7
> 4.000 one note agents: unreachable (all agents were tried)
> 4.000 one note hunt -> announce
> 4.000 one #13 stop one
> 4.000 one #14 play /sounds/closing.wav to one
< 9 leg one hung_up cancelled
> 9.000 one note announce -> ending
> 9.000 one note ending -> -
> 9.000 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000009000,"wait":9000,"path":["agents","closing"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000002000,"outcome":"failed"},{"agent":"01","leg":"agent2","started":1800000002000,"ended":1800000004000,"outcome":"failed"}]}
