# Callers from abroad may not call.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| international = "refuse"
< 0 arrived caller from 008613800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> admission
> 0.000 caller note access: allowed (no rule refuses)
> 0.000 caller note admission -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "008613800138000"
> 0.000 caller note calling agent 01
< 1 arrived abroad from 0014155552671 to 4008001234
> 1.000 abroad #1 take abroad
> 1.000 abroad #2 keep fallback of abroad for 600.000s
> 1.000 abroad note - -> admission
> 1.000 abroad note refused: international (the call is from abroad)
> 1.000 abroad note admission -> ending
> 1.000 abroad #3 hang up abroad as rejected
< 1.1 leg abroad hung_up rejected
> 1.100 abroad note ending -> -
> 1.100 record {"call":"abroad","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"0014155552671","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000001000,"ended":1800000001000,"refused":"international","path":["access"]}
