# A caller who leaves a message: the event comes when it is kept, the recording of a talk is none.
< publishes
< fallback 600
< 0 hotline 4008001234
| agents = [{ id = "01", phone = "13900000001" }]
| [voicemail]
| greeting = false
| saved = false
< 0 arrived caller from withheld to 4008001234
> 0.000 caller #1 take caller
> 0.000 caller #2 keep fallback of caller for 600.000s
> 0.000 caller note - -> hunt
> 0.000 caller #3 play ringing tone to caller over and over
> 0.000 caller #4 claim 13900000001 of 1
> 0.000 event caller 1 call.offered from "" {"dialled":"4008001234","hotline_name":"Example","area":""}
> 0.000 caller #5 ring agent1 at 13900000001 for 22.000s showing ""
> 0.000 caller note calling agent 01
< 1 leg agent1 hung_up busy
> 1.000 caller note agent 01: Busy
> 1.000 caller #6 release #4
> 1.000 caller note agents: busy (all agents were tried)
> 1.000 caller #7 answer caller
> 1.000 caller note hunt -> voicemail
> 1.000 caller #8 stop caller
> 1.000 caller #9 play beep to caller
< 1.02 leg caller answered
< 1.4 done caller play ok
> 1.400 caller #10 record caller as 4008001234/2027-01-15/caller-message.wav for 120.000s or until 10.000s of silence
< 20 done caller record ok
> 20.000 caller note voicemail: done
> 20.000 caller note voicemail -> ending
> 20.000 caller #11 hang up caller as normal
> 20.000 event caller 2 voicemail.left from "" {"file":"4008001234/2027-01-15/caller-message.wav","length":18600}
< 20.1 leg caller hung_up normal
> 20.100 caller note ending -> -
> 20.100 event caller 3 call.ended from ""
> 20.100 record {"call":"caller","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","outcome":"message","ended_by":"hotline","cause":"normal","arrived":1800000000000,"billing_start":1800000001020,"ended":1800000020000,"wait":20000,"path":["agents","voicemail","end"],"message":{"file":"4008001234/2027-01-15/caller-message.wav","length":18600},"attempts":[{"agent":"01","leg":"agent1","started":1800000000000,"ended":1800000001000,"outcome":"busy"}]}
