# Who gives no number may not call.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| anonymous = "refuse"
< 0 arrived caller from withheld to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> admission
> 0.000 caller note refused: anonymous (the number is withheld)
> 0.000 caller note admission -> ending
> 0.000 caller #3 hang up caller as rejected
< 0.1 leg caller hung_up rejected
> 0.100 caller note ending -> -
> 0.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000000000,"ended":1800000000000,"refused":"anonymous","path":["access"]}
