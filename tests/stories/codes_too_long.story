# Of a code longer than any can be the digits that are too many are not waited for.
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
< 2.0 leg caller digit 1
> 2.000 caller #5 stop caller
> 2.000 caller #6 listen to caller for 5.000s
< 2.3 leg caller digit 2
> 2.300 caller #7 stop caller
> 2.300 caller #8 listen to caller for 5.000s
< 2.6 leg caller digit 3
> 2.600 caller #9 stop caller
> 2.600 caller #10 listen to caller for 5.000s
< 2.9 leg caller digit 4
> 2.900 caller #11 stop caller
> 2.900 caller #12 listen to caller for 5.000s
< 3.2 leg caller digit 5
> 3.200 caller #13 stop caller
> 3.200 caller #14 listen to caller for 5.000s
< 3.5 leg caller digit 6
> 3.500 caller #15 stop caller
> 3.500 caller #16 listen to caller for 5.000s
< 3.8 leg caller digit 7
> 3.800 caller #17 stop caller
> 3.800 caller #18 listen to caller for 5.000s
< 4.1 leg caller digit 8
> 4.100 caller #19 stop caller
> 4.100 caller #20 listen to caller for 5.000s
< 4.4 leg caller digit 9
> 4.400 caller #21 stop caller
> 4.400 caller #22 listen to caller for 5.000s
< 4.7 leg caller digit 0
> 4.700 caller #23 stop caller
> 4.700 caller #24 listen to caller for 5.000s
< 5.0 leg caller digit 1
> 5.000 caller #25 stop caller
> 5.000 caller #26 listen to caller for 5.000s
< 5.3 leg caller digit 2
> 5.300 caller #27 stop caller
> 5.300 caller #28 listen to caller for 5.000s
< 5.6 leg caller digit 3
> 5.600 caller #29 stop caller
> 5.600 caller #30 listen to caller for 5.000s
< 5.9 leg caller digit 4
> 5.900 caller #31 stop caller
> 5.900 caller #32 listen to caller for 5.000s
< 6.2 leg caller digit 5
> 6.200 caller #33 stop caller
> 6.200 caller #34 listen to caller for 5.000s
< 6.5 leg caller digit 6
> 6.500 caller #35 stop caller
> 6.500 caller #36 listen to caller for 5.000s
< 6.8 leg caller digit 7
> 6.800 caller #37 stop caller
> 6.800 caller #38 listen to caller for 5.000s
< 7.1 leg caller digit 8
> 7.100 caller #39 stop caller
> 7.100 caller #40 listen to caller for 5.000s
< 7.4 leg caller digit 9
> 7.400 caller #41 stop caller
> 7.400 caller #42 listen to caller for 5.000s
< 7.7 leg caller digit 0
> 7.700 caller #43 stop caller
> 7.700 caller #44 listen to caller for 5.000s
< 8.0 leg caller digit 1
> 8.000 caller #45 stop caller
> 8.000 caller #46 listen to caller for 5.000s
< 8.3 leg caller digit 2
> 8.300 caller #47 stop caller
> 8.300 caller #48 listen to caller for 5.000s
< 8.6 leg caller digit 3
> 8.600 caller #49 stop caller
> 8.600 caller #50 listen to caller for 5.000s
< 8.9 leg caller digit 4
> 8.900 caller #51 stop caller
> 8.900 caller #52 listen to caller for 5.000s
< 9.2 leg caller digit 5
> 9.200 caller #53 stop caller
> 9.200 caller #54 play “您查询的防伪码不存在，请谨防假冒。” to caller
< 15 leg caller hung_up normal
> 15.000 caller note verify -> ending
> 15.000 caller note ending -> -
> 15.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1774574280000,"billing_start":1774574280020,"ended":1774574295000,"wait":15000,"path":["code"]}
