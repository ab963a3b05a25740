# A star is no code: it is said that it has not the right digits, and asked again.
< fallback 600
< 0 file codes.txt
| 0012345678
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "code" }
| codes = { products = { file = "codes.txt" } }
| [nodes.code]
| type = "verify_code"
| codes = "products"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller #3 answer caller
> 0.000 caller note - -> verify
> 0.000 caller #4 play “请输入防伪码，以井号键结束。” to caller
< 0.02 leg caller answered
< 2 leg caller digit *
> 2.000 caller #5 stop caller
> 2.000 caller #6 play “您输入的位数不正确。” to caller
< 5 done caller play ok
> 5.000 caller #7 play “请输入防伪码，以井号键结束。” to caller
< 6 leg caller digit *
> 6.000 caller #8 stop caller
> 6.000 caller #9 play “您输入的位数不正确。” to caller
< 9 done caller play ok
> 9.000 caller #10 play “请输入防伪码，以井号键结束。” to caller
< 10 leg caller digit *
> 10.000 caller #11 stop caller
> 10.000 caller note code: invalid
> 10.000 caller note verify -> ending
> 10.000 caller #12 hang up caller as normal
< 10.1 leg caller hung_up normal
> 10.100 caller note ending -> -
> 10.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000010000,"wait":10000,"path":["code","bye"]}
