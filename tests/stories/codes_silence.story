# The caller keys nothing in.
< at 2026-03-27T09:18:00+08:00
< fallback 600
< 0 file codes.txt
| 0012345678
| 0098765432
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "code" }
| codes = { products = { file = "codes.txt" } }
| [nodes.code]
| type = "verify_code"
| codes = "products"
| exits = { genuine = "bye", seen = "bye", unknown = "code", invalid = "bye", timeout = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> verify
> 0.000 caller #4 play “请输入防伪码，以井号键结束。” to caller
< 0.02 leg caller answered
< 5 done caller play ok
> 5.000 caller #5 listen to caller for 7.000s
> 10.000 caller #6 stop caller
> 10.000 caller #7 play “请输入防伪码，以井号键结束。” to caller
< 15 done caller play ok
> 15.000 caller #8 listen to caller for 7.000s
> 20.000 caller #9 stop caller
> 20.000 caller #10 play “请输入防伪码，以井号键结束。” to caller
< 25 done caller play ok
> 25.000 caller #11 listen to caller for 7.000s
> 30.000 caller #12 stop caller
> 30.000 caller note code: timeout
> 30.000 caller note verify -> ending
> 30.000 caller #13 hang up caller as normal
< 30.1 leg caller hung_up normal
> 30.100 caller note ending -> -
> 30.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1774574280000,"billing_start":1774574280020,"ended":1774574310000,"wait":30000,"path":["code","bye"]}
