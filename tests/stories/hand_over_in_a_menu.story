# The daemon stops while the menu waits: the dialplan's fallback serves the caller.
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
< 3 operator hand_over
> 3.000 caller #5 send caller to the fallback
> 3.000 caller note menu -> ending
> 3.000 caller note ending -> -
> 3.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"fallback","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000003000,"wait":3000,"path":["menu"]}
