# A code that is none of the set is said to be unknown; here the caller may key in another.
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
< 2.0 leg caller digit 5
> 2.000 caller #5 stop caller
> 2.000 caller #6 listen to caller for 5.000s
< 2.3 leg caller digit 5
> 2.300 caller #7 stop caller
> 2.300 caller #8 listen to caller for 5.000s
< 2.6 leg caller digit 5
> 2.600 caller #9 stop caller
> 2.600 caller #10 listen to caller for 5.000s
< 2.9 leg caller digit 5
> 2.900 caller #11 stop caller
> 2.900 caller #12 listen to caller for 5.000s
< 3.2 leg caller digit #
> 3.200 caller #13 stop caller
> 3.200 caller #14 play “您查询的防伪码不存在，请谨防假冒。” to caller
< 8 done caller play ok
> 8.000 caller note code: unknown
> 8.000 caller note verify -> verify
> 8.000 caller #15 play “请输入防伪码，以井号键结束。” to caller
< 9 leg caller hung_up normal
> 9.000 caller note verify -> ending
> 9.000 caller note ending -> -
> 9.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1774574280000,"billing_start":1774574280020,"ended":1774574289000,"wait":9000,"path":["code","code"]}
