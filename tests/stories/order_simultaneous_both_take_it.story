# Both take the call in one instant: one of them has it, the other is let go with the truth.
< fallback 600
< 0 hotline 4008001234
| order = "simultaneous"
| agents = [{ id = "01", phone = "13900000001" }, { id = "02", phone = "13900000002" }]
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
< 2 leg agent2 answered
< 2 leg agent1 answered
< 2.02 leg agent1 parked
> 2.020 caller note agent 02: LostRace
> 2.020 caller #8 hang up agent2 as lost_race
> 2.020 caller note hunt -> connect
> 2.020 caller #9 cancel fallback of caller
> 2.020 caller #10 bridge caller and agent1
< 2.02 leg agent2 parked
> 2.020 caller #11 hang up agent2 as lost_race
< 2.04 leg caller answered
< 2.04 leg caller bridged agent1
> 2.040 caller note connect -> talk
< 2.1 leg agent2 hung_up lost_race
> 2.100 caller #12 release #5
< 9 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #13 hang up agent1 as normal
< 9.1 leg agent1 hung_up normal
> 9.100 caller #14 release #4
> 9.100 caller note ending -> -
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000009000,"wait":2040,"talk":6960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000009000,"outcome":"talked"},{"agent":"02","leg":"agent2","started":1800000000000,"answered":1800000002000,"ended":1800000002020,"outcome":"lost_race"}]}
