# Each agent has its own hours: at half past eight in the evening only the late one is called.
< at 2026-11-27T20:30:00+08:00
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", hours = "early" }, { id = "02", phone = "13900000002", hours = "late" }]
| [hours.early]
| open = "mon-fri 09:00-18:00"
| [hours.late]
| open = "daily 18:00-23:00"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000002 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 02
< 2 leg caller hung_up cancelled
> 2.000 caller note hunt -> ending
> 2.000 caller note agent 02: CallerLeft
> 2.000 caller #6 hang up agent1 as cancelled
< 2.1 leg agent1 hung_up cancelled
> 2.100 caller #7 release #4
> 2.100 caller note ending -> -
> 2.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1795782600000,"ended":1795782602000,"wait":2000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent1","started":1795782600000,"ended":1795782602000,"outcome":"caller_left"}]}
