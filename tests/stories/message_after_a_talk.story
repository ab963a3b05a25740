# After a talk the caller and the agent get their messages; the owner is told of missed calls only.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
| [sms]
| owner = "13900000009"
| sign = "示例商店"
| [[sms.messages]]
| template = "missed"
| on = ["busy", "no_answer", "abandoned", "closed"]
| to = "owner"
| [[sms.messages]]
| template = "thanks"
| on = "answered"
| to = "caller"
| text = "感谢您致电{name},工号{agent}为您服务。"
| [[sms.messages]]
| template = "talked"
| on = "answered"
| to = ["agent", "13900000002"]
| text = "{caller}({area})于{time}来电,等待{wait}:{outcome}。"
< 0 arrived caller from +8613800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "+8613800138000"
> 0.000 caller note calling agent 01
< 0.5 leg agent1 hung_up busy
> 0.500 caller note agent 01: Busy
> 0.500 caller #6 release #4
> 0.500 caller #7 claim 13900000002 of 1
> 0.500 caller #8 ring agent2 at 13900000002 for 22.000s showing "+8613800138000"
> 0.500 caller note calling agent 02
< 3 leg agent2 answered
< 3.02 leg agent2 parked
> 3.020 caller note hunt -> connect
> 3.020 caller #9 cancel fallback of caller
> 3.020 caller #10 bridge caller and agent2
< 3.04 leg caller answered
< 3.04 leg caller bridged agent2
> 3.040 caller note connect -> talk
< 9 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #11 hang up agent2 as normal
< 9.1 leg agent2 hung_up normal
> 9.100 caller #12 release #7
> 9.100 caller note ending -> -
> 9.100 message thanks to 13800138000: 【示例商店】感谢您致电Example,工号02为您服务。
> 9.100 message talked to 13900000002: 【示例商店】13800138000(北京)于1月15日16时0分来电,等待3秒:接通。
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"+8613800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000003040,"ended":1800000009000,"wait":3040,"talk":5960,"agent":"02","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000000500,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000000500,"answered":1800000003000,"ended":1800000009000,"outcome":"talked"}]}
