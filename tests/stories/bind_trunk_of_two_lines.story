# A trunk of two lines takes two calls at a time; of the third it knows that there is no line, and is not called.
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "02152345678", lines = 2 }]
< 0 arrived one from 13800138001 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> hunt
> 0.000 one #3 play ringing tone to one over and over
> 0.000 one #4 claim 02152345678 of 2
> 0.000 one #5 ring agent1 at 02152345678 for 22.000s showing "13800138001"
> 0.000 one note calling agent 01
< 1 arrived two from 13800138002 to 4008001234
> 1.000 two #1 take two
> 1.000 two #2 keep fallback of two for 600.000s
> 1.000 two note - -> hunt
> 1.000 two #3 play ringing tone to two over and over
> 1.000 two #4 claim 02152345678 of 2
> 1.000 two #5 ring agent2 at 02152345678 for 22.000s showing "13800138002"
> 1.000 two note calling agent 01
< 2 arrived three from 13800138003 to 4008001234
> 2.000 three #1 take three
> 2.000 three #2 keep fallback of three for 600.000s
> 2.000 three note - -> hunt
> 2.000 three #3 play ringing tone to three over and over
> 2.000 three #4 claim 02152345678 of 2
> 2.000 three note agent 01: LinesTaken
> 2.000 three note agents: busy (all agents were tried)
> 2.000 three note hunt -> announce
> 2.000 three #5 stop three
> 2.000 three #6 play /sounds/closing.wav to three
< 5 done three play ok
> 5.000 three note closing: done
> 5.000 three note announce -> ending
> 5.000 three #7 hang up three as busy
< 5.1 leg three hung_up busy
> 5.100 three note ending -> -
> 5.100 record {"call":"three","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138003","outcome":"unanswered","ended_by":"hotline","cause":"busy","arrived":1800000002000,"ended":1800000005000,"wait":3000,"path":["agents","closing","end"],"attempts":[{"agent":"01","started":1800000002000,"ended":1800000002000,"outcome":"lines_taken"}]}
