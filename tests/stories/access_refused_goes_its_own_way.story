# The flow has a way of its own for those on the black list: they reach a mailbox, and are not refused.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| flow = { start = "who" }
| [nodes.who]
| type = "access"
| black = ["138001380*"]
| exits = { allowed = "desk", blacklisted = "mailbox" }
| [nodes.desk]
| type = "group"
| group = "agents"
| exits = { _ = "bye" }
| [nodes.mailbox]
| type = "voicemail"
| exits = { _ = "bye" }
| [nodes.bye]
| type = "hangup"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> admission
> 0.000 caller note who: blacklisted (138001380* is on the black list)
> 0.000 caller #3 answer caller
> 0.000 caller note admission -> voicemail
> 0.000 caller #4 play “请在提示音后留言，结束请挂机或按井号键。” to caller
< 0.02 leg caller answered
< 3 leg caller hung_up normal
> 3.000 caller note voicemail -> ending
> 3.000 caller note ending -> -
> 3.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000000020,"ended":1800000003000,"wait":3000,"path":["who","mailbox"]}
