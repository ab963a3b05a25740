# Who knows the way presses the key while the greeting is still said; the menu is then not said at all.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "sales" }]
| flow = { start = "greeting" }
| [nodes.greeting]
| type = "play"
| prompt = "greeting.wav"
| exits = { done = "menu" }
| [nodes.menu]
| type = "menu"
| prompt = "menu.wav"
| exits = { 1 = "sales", _ = "bye" }
| [nodes.sales]
| type = "group"
| group = "sales"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> announce
> 0.000 caller #3 play /sounds/greeting.wav to caller
< 1 leg caller digit 1
< 3 done caller play ok
> 3.000 caller note greeting: done
> 3.000 caller #4 answer caller
> 3.000 caller note announce -> menu
> 3.000 caller note menu: 1 (the caller keyed 1)
> 3.000 caller note menu -> hunt
> 3.000 caller #5 play ringing tone to caller over and over
> 3.000 caller #6 claim 13900000001 of 1
> 3.000 caller #7 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 3.000 caller note calling agent 01
< 3.02 leg caller answered
< 5 leg caller hung_up normal
> 5.000 caller note hunt -> ending
> 5.000 caller note agent 01: CallerLeft
> 5.000 caller #8 hang up agent1 as cancelled
< 5.1 leg agent1 hung_up cancelled
> 5.100 caller #9 release #6
> 5.100 caller note ending -> -
> 5.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000003020,"ended":1800000005000,"wait":5000,"path":["greeting","menu","sales"],"attempts":[{"agent":"01","leg":"agent1","started":1800000003000,"ended":1800000005000,"outcome":"caller_left"}]}
