# The caller leaves while it is told why it may not call.
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
< 1 leg caller hung_up cancelled
> 1.000 caller note closing -> ending
> 1.000 caller note ending -> -
> 1.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"refused","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000001000,"wait":1000,"refused":"blacklisted","path":["access"]}
