# Who is on the black list hears that it may not call, unanswered.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| black = ["138001380*"]
| refusal = "announce"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> admission
> 0.000 caller note refused: blacklisted (138001380* is on the black list)
> 0.000 caller note admission -> closing
> 0.000 caller #3 play “对不起，您无权拨打该号码。” to caller
< 3 done caller play ok
> 3.000 caller note closing -> ending
> 3.000 caller #4 hang up caller as rejected
< 3.1 leg caller hung_up rejected
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000000000,"ended":1800000003000,"wait":3000,"refused":"blacklisted","path":["access"]}
