# Only the white list may call.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| only_white = true
| white = ["13800138000"]
< 0 arrived known from 13800138000 to 4008001234
> 0.000 known #1 take known
> 0.000 known #2 keep fallback of known for 600.000s
> 0.000 known note - -> admission
> 0.000 known note access: allowed (13800138000 is on the white list)
> 0.000 known note admission -> hunt
> 0.000 known #3 play ringing tone to known over and over
> 0.000 known #4 claim 13900000001 of 1
> 0.000 known #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 known note calling agent 01
< 1 arrived stranger from 13800138001 to 4008001234
> 1.000 stranger #1 take stranger
> 1.000 stranger #2 keep fallback of stranger for 600.000s
> 1.000 stranger note - -> admission
> 1.000 stranger note refused: not_whitelisted (only the white list may call)
> 1.000 stranger note admission -> ending
> 1.000 stranger #3 hang up stranger as rejected
< 1.1 leg stranger hung_up rejected
> 1.100 stranger note ending -> -
> 1.100 record {"call":"stranger","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000001000,"ended":1800000001000,"refused":"not_whitelisted","path":["access"]}
