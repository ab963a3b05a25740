# A wrong key is said to be wrong and the menu is said again; the third goes where the flow says.
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
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
< 1 leg caller digit 7
> 1.000 caller #5 stop caller
> 1.000 caller #6 play “您的按键无效。” to caller
< 3 done caller play ok
> 3.000 caller #7 play /sounds/menu.wav to caller
< 4 leg caller digit 8
> 4.000 caller #8 stop caller
> 4.000 caller #9 play “您的按键无效。” to caller
< 6 done caller play ok
> 6.000 caller #10 play /sounds/menu.wav to caller
< 7 leg caller digit 9
> 7.000 caller #11 stop caller
> 7.000 caller note menu: invalid
> 7.000 caller note menu -> announce
> 7.000 caller #12 play /sounds/closing.wav to caller
< 11 done caller play ok
> 11.000 caller note closing: done
> 11.000 caller note announce -> ending
> 11.000 caller #13 hang up caller as normal
< 11.1 leg caller hung_up normal
> 11.100 caller note ending -> -
> 11.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000011000,"wait":11000,"path":["menu","closing","end"]}
