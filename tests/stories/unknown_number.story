# A 400 number that is none of ours is refused, unanswered.
< 0 hotline 4008001234 agents=01
< 0 arrived caller from 13800138000 to 4009999999
> 0.000 caller note - -> ending
> 0.000 caller #1 hang up caller as unknown_number
< 0.020 leg caller hung_up unknown_number
> 0.020 caller note ending -> -
> 0.020 record {"call":"caller","switch":"fs1","dialled":"4009999999","caller":"13800138000","outcome":"unknown_hotline","ended_by":"hotline","cause":"unknown_number","arrived":1800000000000,"ended":1800000000000}
