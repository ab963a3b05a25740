# Nothing was heard from us for too long and the fallback took the caller in the middle of a message: what was said
# until then is kept.
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [voicemail]
< 0 arrived caller from 13800138000 to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing "13800138000"
> 0.000 caller note calling agent 01
< 1 leg agent1 hung_up busy
> 1.000 caller note agent 01: Busy
> 1.000 caller #6 release #4
> 1.000 caller note agents: busy (all agents were tried)
> 1.000 caller #7 answer caller
> 1.000 caller note hunt -> voicemail
> 1.000 caller #8 stop caller
> 1.000 caller #9 play “请在提示音后留言，结束请挂机或按井号键。” to caller
< 1.02 leg caller answered
< 6 done caller play ok
> 6.000 caller #10 play beep to caller
< 6.4 done caller play ok
> 6.400 caller #11 record caller as 4008001234/2027-01-15/caller-message.wav for 120.000s or until 10.000s of silence
< 15 leg caller left
> 15.000 caller note voicemail -> ending
> 15.000 caller note ending -> -
> 15.000 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"fallback","ended_by":"switch","cause":"normal","arrived":1800000000000,"billing_start":1800000001020,"ended":1800000015000,"wait":15000,"path":["agents","voicemail"],"message":{"file":"4008001234/2027-01-15/caller-message.wav","length":8600},"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"busy"}]}
