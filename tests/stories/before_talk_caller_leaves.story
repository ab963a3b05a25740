# The caller leaves while the agent is told: the agent's leg is ended at once.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| before = { to_caller = "recorded.wav", to_agent = "site.wav" }
| agents = [{ id = "01", phone = "13900000001" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 2 leg agent1 answered
< 2.02 leg agent1 parked
> 2.020 caller note hunt -> whisper
> 2.020 caller #6 play /sounds/site.wav to agent1
> 2.020 caller #7 stop caller
> 2.020 caller #8 play /sounds/recorded.wav to caller
< 3 leg caller hung_up cancelled
> 3.000 caller note whisper -> ending
> 3.000 caller note agent 01: CallerLeft
> 3.000 caller #9 hang up agent1 as cancelled
< 3.1 leg agent1 hung_up cancelled
> 3.100 caller #10 release #4
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000003000,"wait":3000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000003000,"outcome":"caller_left"}]}
