# A key that leads back to the menu itself says it again.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "sales" }]
| [menu]
| prompt = "menu.wav"
| exits = { 1 = "sales", 9 = "menu" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/menu.wav to caller
< 0.02 leg caller answered
< 5 done caller play ok
> 5.000 caller #5 listen to caller for 7.000s
< 6 leg caller digit 9
> 6.000 caller #6 stop caller
> 6.000 caller note menu: 9 (the caller keyed 9)
> 6.000 caller note menu -> menu
> 6.000 caller #7 play /sounds/menu.wav to caller
< 9 leg caller digit 1
> 9.000 caller #8 stop caller
> 9.000 caller note menu: 1 (the caller keyed 1)
> 9.000 caller note menu -> hunt
> 9.000 caller #9 play ringing tone to caller over and over
> 9.000 caller #10 claim 13900000001 of 1
> 9.000 caller #11 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 9.000 caller note calling agent 01
< 11 leg caller hung_up normal
> 11.000 caller note hunt -> ending
> 11.000 caller note agent 01: CallerLeft
> 11.000 caller #12 hang up agent1 as cancelled
< 11.1 leg agent1 hung_up cancelled
> 11.100 caller #13 release #10
> 11.100 caller note ending -> -
> 11.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000011000,"wait":11000,"path":["menu","menu","sales"],"attempts":[{"agent":"01","leg":"agent1","started":1800000009000,"ended":1800000011000,"outcome":"caller_left"}]}
