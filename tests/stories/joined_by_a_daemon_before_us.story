# A daemon goes on with a call in which an agent rings, as far as it knows; a daemon before it had joined the two, and
# its last word was lost. They talk on, and the survey follows.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
| order = "simultaneous"
| [survey]
| prompt = "how.wav"
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 claim 13900000002 of 1
> 0.000 caller #6 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
> 0.000 caller #7 ring agent2 at 13900000002 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 02
< 0.5 leg agent1 created
< 0.5 leg agent2 created
< 1 leg agent1 ringing
< 1 leg agent2 ringing
< 3 link lost
< 9 link restored caller=answered:bridged agent1=answered:bridged agent2=ringing
> 9.000 caller note agent 02: LostRace
> 9.000 caller #8 hang up agent2 as lost_race
> 9.000 caller #9 cancel fallback of caller
> 9.000 caller note hunt -> talk
> 9.000 caller #10 hang up agent2 as lost_race
< 9.02 leg agent2 hung_up lost_race
> 9.020 caller #11 release #5
< 30 leg agent1 hung_up normal
> 30.000 caller #12 release #4
< 30.02 leg caller parked
> 30.020 caller #13 keep fallback of caller for 600.000s
> 30.020 caller note agents: talked
> 30.020 caller note talk -> survey
> 30.020 caller #14 forget the keys of caller
> 30.020 caller #15 play /sounds/how.wav to caller
< 40 leg caller hung_up normal
> 40.000 caller note survey -> ending
> 40.000 caller note ending -> -
> 40.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000009000,"ended":1800000040000,"wait":9000,"talk":21000,"agent":"01","path":["agents","survey"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ringing":1800000001000,"answered":1800000009000,"ended":1800000030000,"outcome":"talked"},{"agent":"02","leg":"agent2","started":1800000000000,"ringing":1800000001000,"ended":1800000009000,"outcome":"lost_race"}]}
