# The link is lost while the agent is asked to press the key: the agent is asked again.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001", confirm = true }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 3 leg agent1 answered
< 3.02 leg agent1 parked
> 3.020 caller #6 play “您有新的来电。接听请按一” to agent1
< 4 link lost
< 8 link restored caller=parked agent1=answered:parked
> 8.000 caller #7 keep fallback of caller for 600.000s
> 8.000 caller #8 stop caller
> 8.000 caller #9 play ringing tone to caller over and over
> 8.000 caller #10 stop agent1
> 8.000 caller #11 play “您有新的来电。接听请按一” to agent1
< 10 leg agent1 digit 1
> 10.000 caller #12 stop agent1
> 10.000 caller note hunt -> connect
> 10.000 caller #13 cancel fallback of caller
> 10.000 caller #14 bridge caller and agent1
< 10.04 leg caller answered
< 10.04 leg caller bridged agent1
> 10.040 caller note connect -> talk
< 12 leg caller hung_up normal
> 12.000 caller note talk -> ending
> 12.000 caller #15 hang up agent1 as normal
< 12.1 leg agent1 hung_up normal
> 12.100 caller #16 release #4
> 12.100 caller note ending -> -
> 12.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000010040,"ended":1800000012000,"wait":10040,"talk":1960,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000003000,"ended":1800000012000,"outcome":"talked"}]}
