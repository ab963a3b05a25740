# Only callers from Guangdong may call: one of whom nobody knows where it is from may not.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [access]
| only_areas = ["广东"]
| refusal = "reject"
< 0 arrived inside from 02052345678 to 4008001234
> 0.000 inside #1 take inside
> 0.000 inside #2 keep fallback of inside for 600.000s
> 0.000 inside note - -> admission
> 0.000 inside note access: allowed (no rule refuses)
> 0.000 inside note admission -> hunt
> 0.000 inside #3 play ringing tone to inside over and over
> 0.000 inside #4 claim 13900000001 of 1
> 0.000 inside #5 ring agent1 at 13900000001 for 22.000s showing "02052345678"
> 0.000 inside note calling agent 01
< 1 arrived withheld from withheld to 4008001234
> 1.000 withheld #1 take withheld
> 1.000 withheld #2 keep fallback of withheld for 600.000s
> 1.000 withheld note - -> admission
> 1.000 withheld note refused: area (the caller is in a place nobody knows)
> 1.000 withheld note admission -> ending
> 1.000 withheld #3 hang up withheld as rejected
< 1.1 leg withheld hung_up rejected
> 1.100 withheld note ending -> -
> 1.100 record {"call":"withheld","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"refused","ended_by":"hotline","cause":"rejected","arrived":1800000001000,"ended":1800000001000,"refused":"area","path":["access"]}
