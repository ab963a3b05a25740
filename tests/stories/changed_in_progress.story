# The hotline changes while a call is in progress: that call keeps what it started with, the next one does not.
< 0 hotline 4008001234 agents=01,02 version=1
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 1 hotline 4008001234 agents=03 version=2
> 1.666 caller #6 keep fallback of caller for 5.000s
< 2 leg agent1 hung_up busy
> 2.000 caller note agent 01: Busy
> 2.000 caller #7 release #4
> 2.000 caller #8 claim 13900000002 of 1
> 2.000 caller #9 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 2.000 caller note calling agent 02
< 3 leg caller hung_up cancelled
> 3.000 caller note hunt -> ending
> 3.000 caller note agent 02: CallerLeft
> 3.000 caller #10 hang up agent2 as cancelled
< 3.1 leg agent2 hung_up cancelled
> 3.100 caller #11 release #8
> 3.100 caller note ending -> -
> 3.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000000000,"ended":1800000003000,"wait":3000,"path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000002000,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000002000,"ended":1800000003000,"outcome":"caller_left"}]}
< 4 arrived next from 13800138000 to 4008001234
> 4.000 next #1 take next
> 4.000 next #2 keep fallback of next for 5.000s
> 4.000 next note - -> hunt
> 4.000 next #3 play /sounds/ring.wav to next over and over
> 4.000 next #4 claim 13900000003 of 1
> 4.000 next #5 ring agent3 at 13900000003 for 22.000s showing "13800138000"
> 4.000 next note calling agent 03
< 5 leg next hung_up cancelled
> 5.000 next note hunt -> ending
> 5.000 next note agent 03: CallerLeft
> 5.000 next #6 hang up agent3 as cancelled
< 5.1 leg agent3 hung_up cancelled
> 5.100 next #7 release #4
> 5.100 next note ending -> -
> 5.100 record {"call":"next","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000002","caller":"13800138000","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000004000,"ended":1800000005000,"wait":1000,"path":["agents"],"attempts":[{"agent":"03","leg":"agent3","started":1800000004000,"ended":1800000005000,"outcome":"caller_left"}]}
