# All attempts together take no longer than the hotline's wait.
< 0 hotline 4008001234 agents=01,02,03 ring=20 wait=30
< 0 arrived caller from withheld to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing ""
> 0.000 caller note calling agent 01
< 1 leg agent1 ringing
> 1.666 caller #6 keep fallback of caller for 5.000s
> 3.332 caller #7 keep fallback of caller for 5.000s
> 4.998 caller #8 keep fallback of caller for 5.000s
> 6.664 caller #9 keep fallback of caller for 5.000s
> 8.330 caller #10 keep fallback of caller for 5.000s
> 9.996 caller #11 keep fallback of caller for 5.000s
> 11.662 caller #12 keep fallback of caller for 5.000s
> 13.328 caller #13 keep fallback of caller for 5.000s
> 14.994 caller #14 keep fallback of caller for 5.000s
> 16.660 caller #15 keep fallback of caller for 5.000s
> 18.326 caller #16 keep fallback of caller for 5.000s
> 19.992 caller #17 keep fallback of caller for 5.000s
> 20.000 caller note agent 01: NoAnswer
> 20.000 caller #18 hang up agent1 as no_answer
> 20.000 caller #19 claim 13900000002 of 1, 13900000003 of 1
> 20.000 caller #20 ring agent2 at 13900000002 for 22.000s showing ""
> 20.000 caller note calling agent 02
< 20.1 leg agent1 hung_up no_answer
> 20.100 caller #21 release #4
< 21 leg agent2 ringing
> 21.658 caller #22 keep fallback of caller for 5.000s
> 23.324 caller #23 keep fallback of caller for 5.000s
> 24.990 caller #24 keep fallback of caller for 5.000s
> 26.656 caller #25 keep fallback of caller for 5.000s
> 28.322 caller #26 keep fallback of caller for 5.000s
> 29.988 caller #27 keep fallback of caller for 5.000s
> 30.000 caller note agent 02: NoAnswer
> 30.000 caller #28 hang up agent2 as no_answer
> 30.000 caller note agents: no_answer (the caller has waited long enough)
> 30.000 caller note hunt -> announce
> 30.000 caller #29 stop caller
> 30.000 caller #30 play /sounds/closing.wav to caller
< 30.1 leg agent2 hung_up no_answer
> 30.100 caller #31 release #19
> 31.654 caller #32 keep fallback of caller for 5.000s
< 33 done caller play ok
> 33.000 caller note closing: done
> 33.000 caller note announce -> ending
> 33.000 caller #33 hang up caller as no_answer
< 33.1 leg caller hung_up no_answer
> 33.100 caller note ending -> -
> 33.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"unanswered","ended_by":"hotline","cause":"no_answer","arrived":1800000000000,"ended":1800000033000,"wait":33000,"path":["agents","closing","end"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000001000,"ended":1800000020000,"outcome":"no_answer"},{"agent":"02","leg":"agent2","started":1800000020000,"ringing":1800000021000,"ended":1800000030000,"outcome":"no_answer"}]}
