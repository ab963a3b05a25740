# Nobody answers a caller at a landline: the owner is told, in the fixed form of the trade.
< at 2026-03-27T09:18:00+08:00
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [sms]
| owner = ["13900000009", "13900000008"]
| sign = "示例商店"
< 0 arrived caller from 01088886666 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "01088886666"
> 0.000 caller note calling agent 01
< 1 leg agent1 ringing
> 20.000 caller note agent 01: NoAnswer
> 20.000 caller #6 hang up agent1 as no_answer
> 20.000 caller note agents: no_answer (all agents were tried)
> 20.000 caller note hunt -> announce
> 20.000 caller #7 stop caller
> 20.000 caller #8 play busy tone to caller
> 21.000 caller #9 hang up agent1 as no_answer
< 21 leg agent1 hung_up no_answer
> 21.000 caller #10 release #4
< 24 done caller play ok
> 24.000 caller note closing: done
> 24.000 caller note announce -> ending
> 24.000 caller #11 hang up caller as no_answer
< 24.1 leg caller hung_up normal
> 24.100 caller note ending -> -
> 24.100 message missed to 13900000009: 【示例商店】漏话通知:3月27日9时18分,主叫010********拨打过您的电话。
> 24.100 message missed to 13900000008: 【示例商店】漏话通知:3月27日9时18分,主叫010********拨打过您的电话。
> 24.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"01088886666","outcome":"unanswered","ended_by":"hotline","cause":"no_answer","arrived":1774574280000,"ended":1774574304000,"wait":24000,"path":["agents","closing","end"],"attempts":[{"agent":"01","leg":"agent1","started":1774574280000,"ringing":1774574281000,"ended":1774574300000,"outcome":"no_answer"}]}
