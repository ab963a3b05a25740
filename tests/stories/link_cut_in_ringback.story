# The link is cut while an agent is called and comes back before the fallback: the hunt goes on, and what was
# missed is made up for. A second caller left meanwhile, a third came, a dead daemon's leg still rings, and one is
# joined with nobody. A third that a dead daemon joined talks on.
< 0 hotline 4008001234 agents=01,02,03
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 5.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 0 arrived gone from 13800138001 to 4008001234
> 0.000 gone #1 take gone
> 0.000 gone #2 keep fallback of gone for 5.000s
> 0.000 gone note - -> hunt
> 0.000 gone #3 play /sounds/ring.wav to gone over and over
> 0.000 gone #4 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 0.000 gone #5 ring agent2 at 13900000002 for 22.000s showing "13800138001"
> 0.000 gone note calling agent 02
< 1 leg agent1 ringing
< 1 link lost
< 1 done caller play unknown
< 1 done caller ring unknown
< 3 link restored caller=parked agent1=answered:parked agent2=ringing new=arrived:13800138002:4008001234 stray/elsewhere=ringing lonely/elsewhere=answered:bridged talker/foreign=answered:bridged foreign=answered:bridged
> 3.000 caller note hunt -> connect
> 3.000 caller #6 cancel fallback of caller
> 3.000 caller #7 bridge caller and agent1
> 3.000 gone note hunt -> ending
> 3.000 gone note agent 02: CallerLeft
> 3.000 gone #6 hang up agent2 as cancelled
> 3.000 gone #7 hang up agent2 as cancelled
> 3.000 new #3548651001 take new
> 3.000 new #3548651002 keep fallback of new for 5.000s
> 3.000 new note - -> hunt
> 3.000 new #3548651003 play /sounds/ring.wav to new over and over
> 3.000 new #3548651004 claim 13900000001 of 1, 13900000002 of 1, 13900000003 of 1
> 3.000 stray #1 hang up stray as cancelled
> 3.000 lonely #1 hang up lonely as cancelled
> 3.000 new #3548651005 ring agent3 at 13900000003 for 22.000s showing "13800138002"
> 3.000 new note calling agent 03
< 3.010 leg agent2 hung_up cancelled
> 3.010 gone #8 release #4
> 3.010 gone note ending -> -
> 3.010 record {"call":"gone","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138001","outcome":"lost","ended_by":"switch","cause":"other","arrived":1800000000000,"ended":1800000003000,"wait":3000,"path":["agents"],"attempts":[{"agent":"02","leg":"agent2","started":1800000000000,"ended":1800000003000,"outcome":"caller_left"}]}
< 3.020 leg caller answered
< 3.020 leg caller bridged agent1
> 3.020 caller note connect -> talk
> 4.666 new #3548651006 keep fallback of new for 5.000s
> 6.332 new #3548651007 keep fallback of new for 5.000s
> 7.998 new #3548651008 keep fallback of new for 5.000s
< 9 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #8 hang up agent1 as normal
< 9.1 leg agent1 hung_up normal
> 9.100 caller #9 release #4
> 9.100 caller note ending -> -
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000003020,"ended":1800000009000,"wait":3020,"talk":5980,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000001000,"answered":1800000003000,"ended":1800000009000,"outcome":"talked"}]}
< 9.2 leg new hung_up cancelled
> 9.200 new note hunt -> ending
> 9.200 new note agent 03: CallerLeft
> 9.200 new #3548651009 hang up agent3 as cancelled
< 9.3 leg agent3 hung_up cancelled
> 9.300 new #3548651010 release #3548651004
> 9.300 new note ending -> -
> 9.300 record {"call":"new","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138002","outcome":"abandoned","ended_by":"caller","cause":"cancelled","arrived":1800000003000,"ended":1800000009200,"wait":6200,"path":["agents"],"attempts":[{"agent":"03","leg":"agent3","started":1800000003000,"ended":1800000009200,"outcome":"caller_left"}]}
