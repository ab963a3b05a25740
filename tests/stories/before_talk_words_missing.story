# What should be said cannot be played: they are put through all the same.
< fallback 600
< 0 hotline 4008001234
| ringback = "ring.wav"
| before = { to_caller = "recorded.wav", to_agent = "site.wav" }
| agents = [{ id = "01", phone = "13900000001" }]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play /sounds/ring.wav to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 2 leg agent1 answered
< 2.02 leg agent1 parked
> 2.020 caller note hunt -> whisper
> 2.020 caller #6 play /sounds/site.wav to agent1
> 2.020 caller #7 stop caller
> 2.020 caller #8 play /sounds/recorded.wav to caller
< 2.04 done agent1 play failed other
< 2.04 done caller play failed other
> 2.040 caller note /sounds/recorded.wav cannot be played
> 2.040 caller note whisper -> connect
> 2.040 caller #9 cancel fallback of caller
> 2.040 caller #10 bridge caller and agent1
< 2.08 leg caller answered
< 2.08 leg caller bridged agent1
> 2.080 caller note connect -> talk
< 9 leg caller hung_up normal
> 9.000 caller note talk -> ending
> 9.000 caller #11 hang up agent1 as normal
< 9.1 leg agent1 hung_up normal
> 9.100 caller #12 release #4
> 9.100 caller note ending -> -
> 9.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"answered","ended_by":"caller","cause":"normal","arrived":1800000000000,"billing_start":1800000002080,"ended":1800000009000,"wait":2080,"talk":6920,"agent":"01","path":["agents"],"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"answered":1800000002000,"ended":1800000009000,"outcome":"talked"}]}
