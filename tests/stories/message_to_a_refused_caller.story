# A caller on the black list is refused and told so by SMS; a caller without a number cannot be told.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| black = ["138001380*"]
| anonymous = "refuse"
| [sms]
| sign = "示例商店"
| [[sms.messages]]
| template = "refused"
| on = "refused"
| to = "caller"
| text = "您的来电{outcome},如有疑问请发邮件。"
| [[sms.messages]]
| template = "refused_owner"
| on = "refused"
| to = "13900000009"
| text = "{caller}{outcome}"
< 0 arrived one from 13800138000 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note - -> admission
> 0.000 one note refused: blacklisted (138001380* is on the black list)
> 0.000 one note admission -> ending
> 0.000 one #3 hang up one as rejected
< 0.1 leg one hung_up rejected
> 0.100 one note ending -> -
> 0.100 message refused to 13800138000: 【示例商店】您的来电已拒接,如有疑问请发邮件。
> 0.100 message refused_owner to 13900000009: 【示例商店】13800138000已拒接
> 0.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000000000,"ended":1800000000000,"refused":"blacklisted","path":["access"]}
< 1 arrived two from withheld to 4008001234
> 1.000 two #1 take two
> 1.000 two #2 keep fallback of two for 600.000s
> 1.000 two note - -> admission
> 1.000 two note refused: anonymous (the number is withheld)
> 1.000 two note admission -> ending
> 1.000 two #3 hang up two as rejected
< 1.1 leg two hung_up rejected
> 1.100 two note ending -> -
> 1.100 message refused_owner to 13900000009: 【示例商店】未显示号码已拒接
> 1.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000001000,"ended":1800000001000,"refused":"anonymous","path":["access"]}
