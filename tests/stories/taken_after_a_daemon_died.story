# A daemon died and left a caller waiting and an agent ringing. We take the caller anew and end the old leg; what
# still comes in answer to the dead daemon's commands is none of ours, whatever its number.
< 0 hotline 4008001234 agents=01,02
< 1 link restored caller=arrived:13800138000:4008001234 old/caller=ringing
> 1.000 caller #1538884001 take caller
> 1.000 caller #1538884002 keep fallback of caller for 5.000s
> 1.000 caller note - -> hunt
> 1.000 caller #1538884003 play /sounds/ring.wav to caller over and over
> 1.000 caller #1538884004 claim 13900000001 of 1, 13900000002 of 1
> 1.000 old #1 hang up old as cancelled
> 1.000 caller #1538884005 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 1.000 caller note calling agent 01
< 1.010 leg old hung_up cancelled
< 1.020 done caller #3 failed other
< 1.030 done caller #5 failed cancelled
< 2 leg agent1 ringing
> 2.666 caller #1538884006 keep fallback of caller for 5.000s
< 3 leg caller hung_up cancelled
> 3.000 caller note hunt -> ending
> 3.000 caller note agent 01: CallerLeft
> 3.000 caller #1538884007 hang up agent1 as cancelled
< 3.1 leg agent1 hung_up cancelled
> 3.100 caller #1538884008 release #1538884004
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000001000,"ended":1800000003000,"wait":2000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000001000,"ringing":1800000002000,"ended":1800000003000,"outcome":"caller_left"}]}
