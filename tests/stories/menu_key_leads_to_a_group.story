# A key leads to its group, also before the menu has been said to its end.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "sales" }, { id = "02", phone = "13900000002", group = "service" }]
| [menu]
| prompt = "menu.wav"
| exits = { 1 = "sales", 2 = "service" }
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/menu.wav to caller
< 0.02 leg caller answered
< 2 leg caller digit 2
> 2.000 caller #5 stop caller
> 2.000 caller note menu: 2 (the caller keyed 2)
> 2.000 caller note menu -> hunt
> 2.000 caller #6 play ringing tone to caller over and over
> 2.000 caller #7 claim 13900000002 of 1
> 2.000 caller #8 ring agent1 at 13900000002 for 22.000s showing "13800138000"
> 2.000 caller note calling agent 02
< 2.02 done caller #4 ok
< 4 leg agent1 answered
< 4.02 leg agent1 parked
> 4.020 caller note hunt -> connect
> 4.020 caller #9 cancel fallback of caller
> 4.020 caller #10 bridge caller and agent1
< 4.04 leg caller bridged agent1
> 4.040 caller note connect -> talk
< 9 leg agent1 hung_up normal
> 9.000 caller #11 release #7
> 9.000 caller note talk -> ending
> 9.000 caller #12 hang up caller as normal
< 9.1 leg caller hung_up normal
> 9.100 caller note ending -> -
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000009000,"wait":4040,"talk":4960,"agent":"02","path":["menu","service"],"attempts":[{"agent":"02","leg":"agent1","started":1800000002000,"answered":1800000004000,"ended":1800000009000,"outcome":"talked"}]}
