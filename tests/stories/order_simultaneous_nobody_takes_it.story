# One is busy and the other rings its time: all were tried, and nobody came.
< fallback 600
< 0 hotline 4008001234
| order = "simultaneous"
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 claim 13900000002 of 1
> 0.000 caller #6 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
> 0.000 caller #7 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 02
< 1 leg agent1 hung_up busy
> 1.000 caller note agent 01: Busy
> 1.000 caller #8 release #4
> 20.000 caller note agent 02: NoAnswer
> 20.000 caller #9 hang up agent2 as no_answer
> 20.000 caller note agents: no_answer (all agents were tried)
> 20.000 caller note hunt -> announce
> 20.000 caller #10 stop caller
> 20.000 caller #11 play /sounds/closing.wav to caller
< 20.1 leg agent2 hung_up no_answer
> 20.100 caller #12 release #5
< 24 done caller play ok
> 24.000 caller note closing: done
> 24.000 caller note announce -> ending
> 24.000 caller #13 hang up caller as no_answer
< 24.1 leg caller hung_up no_answer
> 24.100 caller note ending -> -
> 24.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"unanswered","ended_by":"hotline","cause":"no_answer","arrived":1800000000000,"ended":1800000024000,"wait":24000,"path":["agents","closing","end"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000000000,"ended":1800000020000,"outcome":"no_answer"}]}
