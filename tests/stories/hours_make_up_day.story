# The tenth of October 2026 is a Saturday that is worked: open at nine, as on a workday.
< at 2026-10-10T09:30:00+08:00
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [hours]
| open = ["workdays 09:00-12:00 13:30-18:00", "sat 10:00-16:00"]
| lunch = "workdays 12:00-13:30"
| holiday = "holidays"
| [[hours.except]]
| date = "2026-12-31"
| open = "09:00-12:00"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note hours: open (2026-10-10 is a Saturday worked for 国庆节: workdays 09:00-12:00 13:30-18:00)
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 2 leg caller hung_up cancelled
> 2.000 caller note hunt -> ending
> 2.000 caller note agent 01: CallerLeft
> 2.000 caller #6 hang up agent1 as cancelled
< 2.1 leg agent1 hung_up cancelled
> 2.100 caller #7 release #4
> 2.100 caller note ending -> -
> 2.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1791595800000,"ended":1791595802000,"wait":2000,"path":["hours","agents"],"attempts":[{"agent":"01","leg":"agent1","started":1791595800000,"ended":1791595802000,"outcome":"caller_left"}]}
