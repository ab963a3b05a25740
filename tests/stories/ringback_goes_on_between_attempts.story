# The melody goes on while one agent after the other is tried; when it is over it begins again.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 3 leg agent1 hung_up busy
> 3.000 caller note agent 01: Busy
> 3.000 caller #6 release #4
> 3.000 caller #7 claim 13900000002 of 1
> 3.000 caller #8 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 3.000 caller note calling agent 02
< 8.72 done caller play ok
> 8.720 caller #9 play /sounds/ring.wav to caller over and over
< 9 leg agent2 hung_up rejected
> 9.000 caller note agent 02: Refused
> 9.000 caller #10 release #7
> 9.000 caller note agents: no_answer (all agents were tried)
> 9.000 caller note hunt -> announce
> 9.000 caller #11 stop caller
> 9.000 caller #12 play busy tone to caller
< 14 leg caller hung_up cancelled
> 14.000 caller note announce -> ending
> 14.000 caller note ending -> -
> 14.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000014000,"wait":14000,"path":["agents","closing"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000003000,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000003000,"ended":1800000009000,"outcome":"refused"}]}
