# The caller has heard enough of the notice.
< at 2026-11-27T18:00:00+08:00
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
> 0.000 caller note hours: closed (2026-11-27 is Friday, and no line names this time)
> 0.000 caller note - -> announce
> 0.000 caller #3 play “现在是非工作时间。” to caller
< 2 leg caller hung_up cancelled
> 2.000 caller note announce -> ending
> 2.000 caller note ending -> -
> 2.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1795773600000,"ended":1795773602000,"wait":2000,"closed":true,"path":["hours","notice_closed"]}
