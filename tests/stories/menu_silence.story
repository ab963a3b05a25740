# A caller who presses nothing is asked three times; here the operator takes over then.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "desk" }]
| [menu]
| prompt = "menu.wav"
| timeout = 4000
| exits = { 1 = "desk", timeout = "desk" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/menu.wav to caller
< 0.02 leg caller answered
< 5 done caller play ok
> 5.000 caller #5 listen to caller for 6.000s
> 9.000 caller #6 stop caller
> 9.000 caller #7 play /sounds/menu.wav to caller
< 14 done caller play ok
> 14.000 caller #8 listen to caller for 6.000s
> 18.000 caller #9 stop caller
> 18.000 caller #10 play /sounds/menu.wav to caller
< 23 done caller play ok
> 23.000 caller #11 listen to caller for 6.000s
> 27.000 caller #12 stop caller
> 27.000 caller note menu: timeout
> 27.000 caller note menu -> hunt
> 27.000 caller #13 play ringing tone to caller over and over
> 27.000 caller #14 claim 13900000001 of 1
> 27.000 caller #15 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 27.000 caller note calling agent 01
< 28 leg caller hung_up normal
> 28.000 caller note hunt -> ending
> 28.000 caller note agent 01: CallerLeft
> 28.000 caller #16 hang up agent1 as cancelled
< 28.1 leg agent1 hung_up cancelled
> 28.100 caller #17 release #14
> 28.100 caller note ending -> -
> 28.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000028000,"wait":28000,"path":["menu","desk"],"attempts":[{"agent":"01","leg":"agent1","started":1800000027000,"ended":1800000028000,"outcome":"caller_left"}]}
