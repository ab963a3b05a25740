# Four calls are all this switchboard may hold: the fifth is left to the dialplan's fallback.
< 0 hotline 4008001234 agents=01 order=random
< 0 arrived c1 from 13800138001 to 4008001234
> 0.000 c1 #1 take c1
> 0.000 c1 #2 keep fallback of c1 for 5.000s
> 0.000 c1 note - -> hunt
> 0.000 c1 #3 play /sounds/ring.wav to c1 over and over
> 0.000 c1 #4 claim 13900000001 of 1
> 0.000 c1 #5 ring agent1 at 13900000001 for 22.000s showing "13800138001"
> 0.000 c1 note calling agent 01
< 0 arrived c2 from 13800138002 to 4008001234
> 0.000 c2 #1 take c2
> 0.000 c2 #2 keep fallback of c2 for 5.000s
> 0.000 c2 note - -> hunt
> 0.000 c2 #3 play /sounds/ring.wav to c2 over and over
> 0.000 c2 #4 claim 13900000001 of 1
> 0.000 c2 note agent 01: LinesTaken
> 0.000 c2 note agents: busy (all agents were tried)
> 0.000 c2 note hunt -> announce
> 0.000 c2 #5 stop c2
> 0.000 c2 #6 play /sounds/closing.wav to c2
< 0 arrived c3 from 13800138003 to 4008001234
> 0.000 c3 #1 take c3
> 0.000 c3 #2 keep fallback of c3 for 5.000s
> 0.000 c3 note - -> hunt
> 0.000 c3 #3 play /sounds/ring.wav to c3 over and over
> 0.000 c3 #4 claim 13900000001 of 1
> 0.000 c3 note agent 01: LinesTaken
> 0.000 c3 note agents: busy (all agents were tried)
> 0.000 c3 note hunt -> announce
> 0.000 c3 #5 stop c3
> 0.000 c3 #6 play /sounds/closing.wav to c3
< 0 arrived c4 from 13800138004 to 4008001234
> 0.000 c4 #1 take c4
> 0.000 c4 #2 keep fallback of c4 for 5.000s
> 0.000 c4 note - -> hunt
> 0.000 c4 #3 play /sounds/ring.wav to c4 over and over
> 0.000 c4 #4 claim 13900000001 of 1
> 0.000 c4 note agent 01: LinesTaken
> 0.000 c4 note agents: busy (all agents were tried)
> 0.000 c4 note hunt -> announce
> 0.000 c4 #5 stop c4
> 0.000 c4 #6 play /sounds/closing.wav to c4
< 1 arrived c5 from 13800138005 to 4008001234
> 1.000 c5 note not taken: Full
