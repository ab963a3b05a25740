# The link is lost while the answer is said: the answer is said again, and the query counts once.
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
< 2.0 leg caller digit 0
> 2.000 caller #5 stop caller
> 2.000 caller #6 listen to caller for 5.000s
< 2.3 leg caller digit 0
> 2.300 caller #7 stop caller
> 2.300 caller #8 listen to caller for 5.000s
< 2.6 leg caller digit 1
> 2.600 caller #9 stop caller
> 2.600 caller #10 listen to caller for 5.000s
< 2.9 leg caller digit 2
> 2.900 caller #11 stop caller
> 2.900 caller #12 listen to caller for 5.000s
< 3.2 leg caller digit 3
> 3.200 caller #13 stop caller
> 3.200 caller #14 listen to caller for 5.000s
< 3.5 leg caller digit 4
> 3.500 caller #15 stop caller
> 3.500 caller #16 listen to caller for 5.000s
< 3.8 leg caller digit 5
> 3.800 caller #17 stop caller
> 3.800 caller #18 listen to caller for 5.000s
< 4.1 leg caller digit 6
> 4.100 caller #19 stop caller
> 4.100 caller #20 listen to caller for 5.000s
< 4.4 leg caller digit 7
> 4.400 caller #21 stop caller
> 4.400 caller #22 listen to caller for 5.000s
< 4.7 leg caller digit 8
> 4.700 caller #23 stop caller
> 4.700 caller #24 listen to caller for 5.000s
< 5.0 leg caller digit #
> 5.000 caller #25 stop caller
> 5.000 caller #26 count a question for 0012345678 of 4008001234's products
> 5.000 caller #27 play “您查询的是正品，这是首次查询，请放心使用。” to caller
< 6 link lost
< 12 link restored caller=answered:parked
> 12.000 caller #28 keep fallback of caller for 600.000s
> 12.000 caller #29 stop caller
> 12.000 caller #30 play “您查询的是正品，这是首次查询，请放心使用。” to caller
< 18 done caller play ok
> 18.000 caller note code: genuine
> 18.000 caller note verify -> ending
> 18.000 caller #31 hang up caller as normal
< 18.1 leg caller hung_up normal
> 18.100 caller note ending -> -
> 18.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1774574280000,"billing_start":1774574280020,"ended":1774574298000,"wait":18000,"path":["code","bye"]}
