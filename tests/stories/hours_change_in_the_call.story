# Closing time comes while agents are tried: who called in time is served.
< at 2026-11-27T17:59:50+08:00
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
> 0.000 caller note hours: open (2026-11-27 is Friday: workdays 09:00-12:00 13:30-18:00)
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 15 leg agent1 answered
< 15.02 leg agent1 parked
> 15.020 caller note hunt -> connect
> 15.020 caller #6 cancel fallback of caller
> 15.020 caller #7 bridge caller and agent1
< 15.04 leg caller answered
< 15.04 leg caller bridged agent1
> 15.040 caller note connect -> talk
< 20 leg caller hung_up normal
> 20.000 caller note talk -> ending
> 20.000 caller #8 hang up agent1 as normal
< 20.1 leg agent1 hung_up normal
> 20.100 caller #9 release #4
> 20.100 caller note ending -> -
> 20.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1795773590000,"billing_start":1795773605040,"ended":1795773610000,"wait":15040,"talk":4960,"agent":"01","path":["hours","agents"],"attempts":[{"agent":"01","leg":"agent1","started":1795773590000,"answered":1795773605000,"ended":1795773610000,"outcome":"talked"}]}
