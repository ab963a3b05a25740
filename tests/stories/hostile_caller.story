# What a caller writes into its own number reaches no agent and no command.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from ${system(touch_pwned)} to 864008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing ""
> 0.000 caller note calling agent 01
< 0.500 leg caller hung_up normal
> 0.500 caller note hunt -> ending
> 0.500 caller note agent 01: CallerLeft
> 0.500 caller #6 hang up agent1 as cancelled
< 0.600 leg agent1 hung_up cancelled
> 0.600 caller #7 release #4
> 0.600 caller note ending -> -
> 0.600 record {"call":"caller","switch":"fs1","dialled":"864008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"${system(touch_pwned)}","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"ended":1800000000500,"wait":500,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000000500,"outcome":"caller_left"}]}
