# Nobody is on duty: the caller hears the closing words at once, and not a ringback that nobody will end.
< at 2026-11-27T20:30:00+08:00
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001", hours = "early" }]
| [hours.early]
| open = "mon-fri 09:00-18:00"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller note agents: off_duty
> 0.000 caller note hunt -> announce
> 0.000 caller #3 play /sounds/closing.wav to caller
< 4 done caller play ok
> 4.000 caller note closing: done
> 4.000 caller note announce -> ending
> 4.000 caller #4 hang up caller as unreachable
< 4.1 leg caller hung_up unreachable
> 4.100 caller note ending -> -
> 4.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"unanswered","ended_by":"hotline","cause":"unreachable","arrived":1795782600000,"ended":1795782604000,"wait":4000,"path":["agents","closing","end"]}
