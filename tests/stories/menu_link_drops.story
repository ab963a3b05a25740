# The link is lost while the menu waits: what was pressed meanwhile was not heard, so it is said again.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "sales" }]
| [menu]
| prompt = "menu.wav"
| exits = { 1 = "sales" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/menu.wav to caller
< 0.02 leg caller answered
< 5 done caller play ok
> 5.000 caller #5 listen to caller for 7.000s
< 6 link lost
< 20 link restored caller=answered:parked
> 20.000 caller #6 keep fallback of caller for 600.000s
> 20.000 caller #7 stop caller
> 20.000 caller #8 play /sounds/menu.wav to caller
< 22 leg caller digit 1
> 22.000 caller #9 stop caller
> 22.000 caller note menu: 1 (the caller keyed 1)
> 22.000 caller note menu -> hunt
> 22.000 caller #10 play ringing tone to caller over and over
> 22.000 caller #11 claim 13900000001 of 1
> 22.000 caller #12 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 22.000 caller note calling agent 01
< 24 leg caller hung_up normal
> 24.000 caller note hunt -> ending
> 24.000 caller note agent 01: CallerLeft
> 24.000 caller #13 hang up agent1 as cancelled
< 24.1 leg agent1 hung_up cancelled
> 24.100 caller #14 release #11
> 24.100 caller note ending -> -
> 24.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000024000,"wait":24000,"path":["menu","sales"],"attempts":[{"agent":"01","leg":"agent1","started":1800000022000,"ended":1800000024000,"outcome":"caller_left"}]}
