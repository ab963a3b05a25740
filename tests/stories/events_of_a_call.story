# Other systems learn of a call as it goes: whose telephone rings, who talks, the score, the recording and the end.
< publishes
< fallback 600
< 0 hotline 4008001234
| recording = "all"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
| [survey]
| [sms]
| sign = "示例商店"
| [[sms.messages]]
| template = "thanks"
| on = "answered"
| to = ["caller", "agent"]
| text = "{score}分"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 event caller 1 call.offered from "13800138000" {"dialled":"4008001234","hotline_name":"Example","area":"北京"}
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 1 leg agent1 ringing
> 1.000 event caller 2 call.ringing agent 01 from "13800138000"
< 1.5 leg agent1 hung_up busy
> 1.500 caller note agent 01: Busy
> 1.500 caller #6 release #4
> 1.500 caller #7 claim 13900000002 of 1
> 1.500 caller #8 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 1.500 caller note calling agent 02
< 2 leg agent2 ringing
> 2.000 event caller 3 call.ringing agent 02 from "13800138000"
< 2.1 leg agent2 ringing
< 4 leg agent2 answered
< 4.02 leg agent2 parked
> 4.020 caller note hunt -> connect
> 4.020 caller #9 cancel fallback of caller
> 4.020 caller #10 bridge caller and agent2, keeping the first for 600.000s
< 4.04 leg caller answered
< 4.04 leg caller bridged agent2
> 4.040 caller note connect -> talk
> 4.040 caller #11 record the talk of caller as 4008001234/2027-01-15/caller.wav
> 4.040 event caller 4 call.answered agent 02 from "13800138000" {"wait":4040}
< 9 leg agent2 hung_up normal
> 9.000 caller #12 release #7
< 9.02 leg caller parked
> 9.020 caller #13 stop recording caller as 4008001234/2027-01-15/caller.wav
> 9.020 caller #14 keep fallback of caller for 600.000s
> 9.020 caller note agents: talked
> 9.020 caller note talk -> survey
> 9.020 caller #15 forget the keys of caller
> 9.020 caller #16 play “请您对本次服务进行评价。非常满意请按一，满意请按二，不满意请按三。” to caller
< 11 leg caller digit 1
> 11.000 caller #17 stop caller
> 11.000 caller #18 play “感谢您的评价，再见。” to caller
> 11.000 event caller 5 survey.given agent 02 from "13800138000" {"score":1}
< 14 done caller play ok
> 14.000 caller note survey: done
> 14.000 caller note survey -> ending
> 14.000 caller #19 hang up caller as normal
< 14.1 leg caller hung_up normal
> 14.100 caller note ending -> -
> 14.100 event caller 6 recording.ready agent 02 from "13800138000" {"file":"4008001234/2027-01-15/caller.wav","length":4960}
> 14.100 event caller 7 call.ended agent 02 from "13800138000"
> 14.100 message thanks to 13800138000: 【示例商店】1分
> 14.100 message thanks to 13900000002: 【示例商店】1分
> 14.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000004040,"ended":1800000014000,"wait":4040,"talk":4960,"agent":"02","path":["agents","survey","end"],"recording":"4008001234/2027-01-15/caller.wav","score":1,"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000001000,"ended":1800000001500,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000001500,"ringing":1800000002000,"answered":1800000004000,"ended":1800000009000,"outcome":"talked"}]}
