# Busy, refused, unreachable, no way at all, no answer: told apart, and the caller hears the closing.
< 0 hotline 4008001234 agents=01,02,03,04,05,06:off ring=20
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1, 13900000004 of 1, 13900000005 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0.100 leg agent1 hung_up busy
> 0.100 caller note agent 01: Busy
> 0.100 caller #6 release #4
> 0.100 caller #7 claim 13900000002 of 1, 13900000003 of 1, 13900000004 of 1, 13900000005 of 1
> 0.100 caller #8 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 0.100 caller note calling agent 02
< 0.120 done caller #5 failed busy
< 1.000 leg agent2 ringing
> 1.666 caller #9 keep fallback of caller for 5.000s
< 2.000 leg agent2 hung_up rejected
> 2.000 caller note agent 02: Refused
> 2.000 caller #10 release #7
> 2.000 caller #11 claim 13900000003 of 1, 13900000004 of 1, 13900000005 of 1
> 2.000 caller #12 ring agent3 at 13900000003 for 22.000s showing "13800138000"
> 2.000 caller note calling agent 03
< 2.500 leg agent3 hung_up unknown_number
> 2.500 caller note agent 03: Unreachable
> 2.500 caller #13 release #11
> 2.500 caller #14 claim 13900000004 of 1, 13900000005 of 1
> 2.500 caller #15 ring agent4 at 13900000004 for 22.000s showing "13800138000"
> 2.500 caller note calling agent 04
< 3.000 done caller ring failed unreachable
> 3.000 caller note agent 04: Unreachable
> 3.000 caller #16 release #14
> 3.000 caller #17 claim 13900000005 of 1
> 3.000 caller #18 ring agent5 at 13900000005 for 22.000s showing "13800138000"
> 3.000 caller note calling agent 05
< 3.200 leg agent5 created
< 3.300 leg agent5 ringing
> 3.332 caller #19 keep fallback of caller for 5.000s
> 4.998 caller #20 keep fallback of caller for 5.000s
> 6.664 caller #21 keep fallback of caller for 5.000s
> 8.330 caller #22 keep fallback of caller for 5.000s
> 9.996 caller #23 keep fallback of caller for 5.000s
> 11.662 caller #24 keep fallback of caller for 5.000s
> 13.328 caller #25 keep fallback of caller for 5.000s
> 14.994 caller #26 keep fallback of caller for 5.000s
> 16.660 caller #27 keep fallback of caller for 5.000s
> 18.326 caller #28 keep fallback of caller for 5.000s
> 19.992 caller #29 keep fallback of caller for 5.000s
> 21.658 caller #30 keep fallback of caller for 5.000s
> 23.000 caller note agent 05: NoAnswer
> 23.000 caller #31 hang up agent5 as no_answer
> 23.000 caller note agents: no_answer (all agents were tried)
> 23.000 caller note hunt -> announce
> 23.000 caller #32 stop caller
> 23.000 caller #33 play /sounds/closing.wav to caller
< 23.100 leg agent5 hung_up no_answer
> 23.100 caller #34 release #17
> 23.324 caller #35 keep fallback of caller for 5.000s
> 24.990 caller #36 keep fallback of caller for 5.000s
< 26.000 done caller play ok
> 26.000 caller note closing: done
> 26.000 caller note announce -> ending
> 26.000 caller #37 hang up caller as no_answer
< 26.020 leg caller hung_up no_answer
> 26.020 caller note ending -> -
> 26.020 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"unanswered","ended_by":"hotline","cause":"no_answer","arrived":1800000000000,"ended":1800000026000,"wait":26000,"path":["agents","closing","end"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000000100,"outcome":"busy"},{"agent":"02","leg":"agent2","started":1800000000100,"ringing":1800000001000,"ended":1800000002000,"outcome":"refused"},{"agent":"03","leg":"agent3","started":1800000002000,"ended":1800000002500,"outcome":"unreachable"},{"agent":"04","leg":"agent4","started":1800000002500,"ended":1800000003000,"outcome":"unreachable"},{"agent":"05","leg":"agent5","started":1800000003000,"ringing":1800000003300,"ended":1800000023000,"outcome":"no_answer"}]}
