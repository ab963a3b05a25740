# The survey after the talk is not recorded.
< fallback 600
< 0 hotline 4008001234
| recording = "all"
| agents = [{ id = "01", phone = "13900000001" }]
| [survey]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 2 leg agent1 answered
< 2.02 leg agent1 parked
> 2.020 caller note hunt -> connect
> 2.020 caller #6 cancel fallback of caller
> 2.020 caller #7 bridge caller and agent1, keeping the first for 600.000s
< 2.04 leg caller answered
< 2.04 leg caller bridged agent1
> 2.040 caller note connect -> talk
> 2.040 caller #8 record the talk of caller as 4008001234/2027-01-15/caller.wav
< 9 leg agent1 hung_up normal
> 9.000 caller #9 release #4
< 9.02 leg caller parked
> 9.020 caller #10 stop recording caller as 4008001234/2027-01-15/caller.wav
> 9.020 caller #11 keep fallback of caller for 600.000s
> 9.020 caller note agents: talked
> 9.020 caller note talk -> survey
> 9.020 caller #12 forget the keys of caller
> 9.020 caller #13 play “请您对本次服务进行评价。非常满意请按一，满意请按二，不满意请按三。” to caller
< 11 leg caller hung_up normal
> 11.000 caller note survey -> ending
> 11.000 caller note ending -> -
> 11.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000011000,"wait":2040,"talk":6960,"agent":"01","path":["agents","survey"],"recording":"4008001234/2027-01-15/caller.wav","attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000009000,"outcome":"talked"}]}
