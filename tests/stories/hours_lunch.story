# At noon the caller hears that it is lunch time.
< at 2026-11-27T12:00:00+08:00
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
> 0.000 caller note hours: lunch (2026-11-27 is Friday: workdays 12:00-13:30)
> 0.000 caller note - -> announce
> 0.000 caller #3 play “现在是午休时间。” to caller
< 4 done caller play ok
> 4.000 caller note notice_lunch: done
> 4.000 caller note announce -> ending
> 4.000 caller #4 hang up caller as normal
< 4.1 leg caller hung_up normal
> 4.100 caller note ending -> -
> 4.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1795752000000,"ended":1795752004000,"wait":4000,"closed":true,"path":["hours","notice_lunch","end"]}
