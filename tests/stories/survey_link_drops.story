# The link is lost in the survey: it is asked again.
< fallback 600
< 0 hotline 4008001234
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
< 9 leg agent1 hung_up normal
> 9.000 caller #8 release #4
< 9.02 leg caller parked
> 9.020 caller #9 keep fallback of caller for 600.000s
> 9.020 caller note agents: talked
> 9.020 caller note talk -> survey
> 9.020 caller #10 forget the keys of caller
> 9.020 caller #11 play “请您对本次服务进行评价。非常满意请按一，满意请按二，不满意请按三。” to caller
< 10 link lost
< 20 link restored caller=answered:parked
> 20.000 caller #12 keep fallback of caller for 600.000s
> 20.000 caller #13 stop caller
> 20.000 caller #14 play “请您对本次服务进行评价。非常满意请按一，满意请按二，不满意请按三。” to caller
< 22 leg caller digit 2
> 22.000 caller #15 stop caller
> 22.000 caller #16 play “感谢您的评价，再见。” to caller
< 25 done caller play ok
> 25.000 caller note survey: done
> 25.000 caller note survey -> ending
> 25.000 caller #17 hang up caller as normal
< 25.1 leg caller hung_up normal
> 25.100 caller note ending -> -
> 25.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"agent","cause":"normal","arrived":1800000000000,"billing_start":1800000002040,"ended":1800000025000,"wait":2040,"talk":6960,"agent":"01","path":["agents","survey","end"],"score":2,"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000009000,"outcome":"talked"}]}
