# The menu's file cannot be played: that is noted, and the caller may press all the same.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [menu]
| prompt = "menu.wav"
| exits = { 1 = "agents" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/menu.wav to caller
< 0.02 leg caller answered
< 0.04 done caller play failed other
> 0.040 caller note /sounds/menu.wav cannot be played
> 0.040 caller #5 listen to caller for 7.000s
< 2 leg caller digit 1
> 2.000 caller #6 stop caller
> 2.000 caller note menu: 1 (the caller keyed 1)
> 2.000 caller note menu -> hunt
> 2.000 caller #7 play ringing tone to caller over and over
> 2.000 caller #8 claim 13900000001 of 1
> 2.000 caller #9 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 2.000 caller note calling agent 01
< 4 leg caller hung_up normal
> 4.000 caller note hunt -> ending
> 4.000 caller note agent 01: CallerLeft
> 4.000 caller #10 hang up agent1 as cancelled
< 4.1 leg agent1 hung_up cancelled
> 4.100 caller #11 release #8
> 4.100 caller note ending -> -
> 4.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000004000,"wait":4000,"path":["menu","agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000002000,"ended":1800000004000,"outcome":"caller_left"}]}
