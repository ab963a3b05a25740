# The caller leaves while it hears the answer: the query counts.
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
< 6 leg caller hung_up normal
> 6.000 caller note verify -> ending
> 6.000 caller note ending -> -
> 6.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1774574280000,"billing_start":1774574280020,"ended":1774574286000,"wait":6000,"path":["code"]}
< 10 arrived other from 13800138001 to 4008001234
> 10.000 other #1 take other
> 10.000 other #2 keep fallback of other for 600.000s
> 10.000 other #3 answer other
> 10.000 other note - -> verify
> 10.000 other #4 play “请输入防伪码，以井号键结束。” to other
< 10.02 leg other answered
< 12.0 leg other digit 0
> 12.000 other #5 stop other
> 12.000 other #6 listen to other for 5.000s
< 12.3 leg other digit 0
> 12.300 other #7 stop other
> 12.300 other #8 listen to other for 5.000s
< 12.6 leg other digit 1
> 12.600 other #9 stop other
> 12.600 other #10 listen to other for 5.000s
< 12.9 leg other digit 2
> 12.900 other #11 stop other
> 12.900 other #12 listen to other for 5.000s
< 13.2 leg other digit 3
> 13.200 other #13 stop other
> 13.200 other #14 listen to other for 5.000s
< 13.5 leg other digit 4
> 13.500 other #15 stop other
> 13.500 other #16 listen to other for 5.000s
< 13.8 leg other digit 5
> 13.800 other #17 stop other
> 13.800 other #18 listen to other for 5.000s
< 14.1 leg other digit 6
> 14.100 other #19 stop other
> 14.100 other #20 listen to other for 5.000s
< 14.4 leg other digit 7
> 14.400 other #21 stop other
> 14.400 other #22 listen to other for 5.000s
< 14.7 leg other digit 8
> 14.700 other #23 stop other
> 14.700 other #24 listen to other for 5.000s
< 15.0 leg other digit #
> 15.000 other #25 stop other
> 15.000 other #26 count a question for 0012345678 of 4008001234's products
> 15.000 other #27 play “该防伪码已被查询过一次首次查询时间是二零二六年三月二十七日请谨防假冒。” to other
< 22 done other play ok
> 22.000 other note code: seen
> 22.000 other note verify -> ending
> 22.000 other #28 hang up other as normal
< 22.1 leg other hung_up normal
> 22.100 other note ending -> -
> 22.100 record {"call":"other","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1774574290000,"billing_start":1774574290020,"ended":1774574302000,"wait":12000,"path":["code","bye"]}
