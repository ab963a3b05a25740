# The switch ends the caller while the closing is ordered: nobody there to hear it is no announcement heard.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.100 leg agent1 answered
< 0.110 leg agent1 parked
> 0.110 caller note hunt -> connect
> 0.110 caller #6 cancel fallback of caller
> 0.110 caller #7 bridge caller and agent1
< 0.150 leg agent1 hung_up normal
> 0.150 caller note agent 01: Dropped
> 0.150 caller #8 release #4
> 0.150 caller #9 keep fallback of caller for 5.000s
> 0.150 caller note connect -> hunt
> 0.150 caller #10 play /sounds/ring.wav to caller over and over
> 0.150 caller note agents: no_answer (all agents were tried)
> 0.150 caller note hunt -> announce
> 0.150 caller #11 stop caller
> 0.150 caller #12 play /sounds/closing.wav to caller
< 0.151 done caller play no_such_leg
< 0.160 leg caller ended cancelled
> 0.160 caller note announce -> ending
> 0.160 caller note ending -> -
> 0.160 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"lost","ended_by":"switch","cause":"cancelled","arrived":1800000000000,"ended":1800000000160,"wait":160,"path":["agents","closing"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000000100,"ended":1800000000150,"outcome":"dropped"}]}
< 0.200 nothing
