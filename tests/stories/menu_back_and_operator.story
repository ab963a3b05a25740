# Two layers: the star leads back to the first, the nought to the operator from everywhere.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", group = "desk" }, { id = "02", phone = "13900000002", group = "sales" }]
| flow = { start = "top" }
| [nodes.top]
| type = "menu"
| prompt = "top.wav"
| exits = { 1 = "products", 0 = "desk", _ = "bye" }
| [nodes.products]
| type = "menu"
| prompt = "products.wav"
| exits = { 1 = "sales", "*" = "top", 0 = "desk", _ = "bye" }
| [nodes.sales]
| type = "group"
| group = "sales"
| exits = { _ = "bye" }
| [nodes.desk]
| type = "group"
| group = "desk"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> menu
> 0.000 caller #4 play /sounds/top.wav to caller
< 0.02 leg caller answered
< 2 leg caller digit 1
> 2.000 caller #5 stop caller
> 2.000 caller note top: 1 (the caller keyed 1)
> 2.000 caller note menu -> menu
> 2.000 caller #6 play /sounds/products.wav to caller
< 3 leg caller digit *
> 3.000 caller #7 stop caller
> 3.000 caller note products: * (the caller keyed *)
> 3.000 caller note menu -> menu
> 3.000 caller #8 play /sounds/top.wav to caller
< 4 leg caller digit 1
> 4.000 caller #9 stop caller
> 4.000 caller note top: 1 (the caller keyed 1)
> 4.000 caller note menu -> menu
> 4.000 caller #10 play /sounds/products.wav to caller
< 5 leg caller digit 0
> 5.000 caller #11 stop caller
> 5.000 caller note products: 0 (the caller keyed 0)
> 5.000 caller note menu -> hunt
> 5.000 caller #12 play ringing tone to caller over and over
> 5.000 caller #13 claim 13900000001 of 1
> 5.000 caller #14 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 5.000 caller note calling agent 01
< 7 leg caller hung_up normal
> 7.000 caller note hunt -> ending
> 7.000 caller note agent 01: CallerLeft
> 7.000 caller #15 hang up agent1 as cancelled
< 7.1 leg agent1 hung_up cancelled
> 7.100 caller #16 release #13
> 7.100 caller note ending -> -
> 7.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000007000,"wait":7000,"path":["top","products","top","products","desk"],"attempts":[{"agent":"01","leg":"agent1","started":1800000005000,"ended":1800000007000,"outcome":"caller_left"}]}
