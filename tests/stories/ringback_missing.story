# The ringback's file cannot be played: the caller hears a ringing tone instead, never nothing.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.020 done caller play failed other
> 0.120 caller note /sounds/ring.wav cannot be played
> 0.120 caller #6 play ringing tone to caller over and over
< 1 leg caller hung_up cancelled
> 1.000 caller note hunt -> ending
> 1.000 caller note agent 01: CallerLeft
> 1.000 caller #7 hang up agent1 as cancelled
< 1.1 leg agent1 hung_up cancelled
> 1.100 caller #8 release #4
> 1.100 caller note ending -> -
> 1.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"caller_left"}]}
