# Who calls after hours gets a message, and so does the owner; the caller at a landline gets none.
< at 2026-11-27T18:00:00+08:00
< fallback 600
< 0 hotline 4008001234
| closing = "closing.wav"
| agents = [{ id = "01", phone = "13900000001" }]
| [hours]
| open = "workdays 09:00-18:00"
| [sms]
| owner = "13900000009"
| sign = "示例商店"
| mask = "middle"
| [[sms.messages]]
| template = "closed"
| on = "closed"
| to = ["caller", "owner"]
| text = "{caller_masked}:{outcome},请于工作时间再拨{hotline}。"
< 0 arrived one from 13800138000 to 4008001234
> 0.000 one #1 take one
> 0.000 one #2 keep fallback of one for 600.000s
> 0.000 one note hours: closed (2026-11-27 is Friday, and no line names this time)
> 0.000 one note - -> announce
> 0.000 one #3 play “现在是非工作时间。” to one
< 4 done one play ok
> 4.000 one note notice_closed: done
> 4.000 one note announce -> ending
> 4.000 one #4 hang up one as normal
< 4.1 leg one hung_up normal
> 4.100 one note ending -> -
> 4.100 message closed to 13800138000: 【示例商店】138****8000:非工作时间,请于工作时间再拨4008001234。
> 4.100 message closed to 13900000009: 【示例商店】138****8000:非工作时间,请于工作时间再拨4008001234。
> 4.100 record {"call":"one","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"13800138000","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1795773600000,"ended":1795773604000,"wait":4000,"closed":true,"path":["hours","notice_closed","end"]}
< 5 arrived two from 02188886666 to 4008001234
> 5.000 two #1 take two
> 5.000 two #2 keep fallback of two for 600.000s
> 5.000 two note hours: closed (2026-11-27 is Friday, and no line names this time)
> 5.000 two note - -> announce
> 5.000 two #3 play “现在是非工作时间。” to two
< 9 done two play ok
> 9.000 two note notice_closed: done
> 9.000 two note announce -> ending
> 9.000 two #4 hang up two as normal
< 9.1 leg two hung_up normal
> 9.100 two note ending -> -
> 9.100 message closed to 13900000009: 【示例商店】021****6666:非工作时间,请于工作时间再拨4008001234。
> 9.100 record {"call":"two","switch":"fs1","dialled":"4008001234","hotline":"4008001234","hotline_version":"0000000000000001","caller":"02188886666","outcome":"served","ended_by":"hotline","cause":"normal","arrived":1795773605000,"ended":1795773609000,"wait":4000,"closed":true,"path":["hours","notice_closed","end"]}
