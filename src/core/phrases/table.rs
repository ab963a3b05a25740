//! The table of all recordings. An entry is one piece: its name, its id, and its text in each language.
//!
//! A fragment that more is joined to has no full stop; a whole sentence has one.

use super::piece_macro::pieces;

pieces! {
    // Numbers. Words that belong together are one recording, because 一 has another tone in 一百 than alone.
    N0 = "digits/0", "零", "zero";
    N1 = "digits/1", "一", "one";
    N2 = "digits/2", "二", "two";
    N3 = "digits/3", "三", "three";
    N4 = "digits/4", "四", "four";
    N5 = "digits/5", "五", "five";
    N6 = "digits/6", "六", "six";
    N7 = "digits/7", "七", "seven";
    N8 = "digits/8", "八", "eight";
    N9 = "digits/9", "九", "nine";
    N10 = "digits/10", "十", "ten";
    N11 = "digits/11", "十一", "eleven";
    N12 = "digits/12", "十二", "twelve";
    N13 = "digits/13", "十三", "thirteen";
    N14 = "digits/14", "十四", "fourteen";
    N15 = "digits/15", "十五", "fifteen";
    N16 = "digits/16", "十六", "sixteen";
    N17 = "digits/17", "十七", "seventeen";
    N18 = "digits/18", "十八", "eighteen";
    N19 = "digits/19", "十九", "nineteen";
    N20 = "digits/20", "二十", "twenty";
    N30 = "digits/30", "三十", "thirty";
    N40 = "digits/40", "四十", "forty";
    N50 = "digits/50", "五十", "fifty";
    N60 = "digits/60", "六十", "sixty";
    N70 = "digits/70", "七十", "seventy";
    N80 = "digits/80", "八十", "eighty";
    N90 = "digits/90", "九十", "ninety";
    N100 = "digits/100", "一百", "one hundred";
    N200 = "digits/200", "二百", "two hundred";
    N300 = "digits/300", "三百", "three hundred";
    N400 = "digits/400", "四百", "four hundred";
    N500 = "digits/500", "五百", "five hundred";
    N600 = "digits/600", "六百", "six hundred";
    N700 = "digits/700", "七百", "seven hundred";
    N800 = "digits/800", "八百", "eight hundred";
    N900 = "digits/900", "九百", "nine hundred";
    N1000 = "digits/1000", "一千", "one thousand";
    N2000 = "digits/2000", "两千", "two thousand";
    N3000 = "digits/3000", "三千", "three thousand";
    N4000 = "digits/4000", "四千", "four thousand";
    N5000 = "digits/5000", "五千", "five thousand";
    N6000 = "digits/6000", "六千", "six thousand";
    N7000 = "digits/7000", "七千", "seven thousand";
    N8000 = "digits/8000", "八千", "eight thousand";
    N9000 = "digits/9000", "九千", "nine thousand";
    Thousand = "digits/thousand", "千", "thousand";
    TenThousand = "digits/ten_thousand", "万", "ten thousand";
    Million = "digits/million", "百万", "million";
    HundredMillion = "digits/hundred_million", "亿", "hundred million";
    Billion = "digits/billion", "十亿", "billion";

    // Other forms of one digit: two of something, one in a telephone number, one by the tone of what follows (yí before
    // a

    // falling tone, yì before the others), nought in an English year or clock time.
    Liang = "digits/liang", "两", "two";
    Yao = "digits/yao", "幺", "one";
    YiRising = "digits/yi2", "一", "one";
    YiFalling = "digits/yi4", "一", "one";
    Oh = "digits/oh", "零", "oh";
    Plus = "digits/plus", "加", "plus";
    Star = "digits/star", "星号键", "star";
    Pound = "digits/pound", "井号键", "pound";

    // Ordinals.
    Nth1 = "digits/h-1", "第一", "first";
    Nth2 = "digits/h-2", "第二", "second";
    Nth3 = "digits/h-3", "第三", "third";
    Nth4 = "digits/h-4", "第四", "fourth";
    Nth5 = "digits/h-5", "第五", "fifth";
    Nth6 = "digits/h-6", "第六", "sixth";
    Nth7 = "digits/h-7", "第七", "seventh";
    Nth8 = "digits/h-8", "第八", "eighth";
    Nth9 = "digits/h-9", "第九", "ninth";
    Nth10 = "digits/h-10", "第十", "tenth";
    Nth11 = "digits/h-11", "第十一", "eleventh";
    Nth12 = "digits/h-12", "第十二", "twelfth";
    Nth13 = "digits/h-13", "第十三", "thirteenth";
    Nth14 = "digits/h-14", "第十四", "fourteenth";
    Nth15 = "digits/h-15", "第十五", "fifteenth";
    Nth16 = "digits/h-16", "第十六", "sixteenth";
    Nth17 = "digits/h-17", "第十七", "seventeenth";
    Nth18 = "digits/h-18", "第十八", "eighteenth";
    Nth19 = "digits/h-19", "第十九", "nineteenth";
    Nth20 = "digits/h-20", "第二十", "twentieth";
    Nth30 = "digits/h-30", "第三十", "thirtieth";
    Nth40 = "digits/h-40", "第四十", "fortieth";
    Nth50 = "digits/h-50", "第五十", "fiftieth";
    Nth60 = "digits/h-60", "第六十", "sixtieth";
    Nth70 = "digits/h-70", "第七十", "seventieth";
    Nth80 = "digits/h-80", "第八十", "eightieth";
    Nth90 = "digits/h-90", "第九十", "ninetieth";
    Nth = "digits/number", "第", "number";

    // Letters, for agent numbers that have some.
    LetterA = "letters/a", "A", "A";
    LetterB = "letters/b", "B", "B";
    LetterC = "letters/c", "C", "C";
    LetterD = "letters/d", "D", "D";
    LetterE = "letters/e", "E", "E";
    LetterF = "letters/f", "F", "F";
    LetterG = "letters/g", "G", "G";
    LetterH = "letters/h", "H", "H";
    LetterI = "letters/i", "I", "I";
    LetterJ = "letters/j", "J", "J";
    LetterK = "letters/k", "K", "K";
    LetterL = "letters/l", "L", "L";
    LetterM = "letters/m", "M", "M";
    LetterN = "letters/n", "N", "N";
    LetterO = "letters/o", "O", "O";
    LetterP = "letters/p", "P", "P";
    LetterQ = "letters/q", "Q", "Q";
    LetterR = "letters/r", "R", "R";
    LetterS = "letters/s", "S", "S";
    LetterT = "letters/t", "T", "T";
    LetterU = "letters/u", "U", "U";
    LetterV = "letters/v", "V", "V";
    LetterW = "letters/w", "W", "W";
    LetterX = "letters/x", "X", "X";
    LetterY = "letters/y", "Y", "Y";
    LetterZ = "letters/z", "Z", "Z";

    // Time.
    January = "time/mon-1", "一月", "January";
    February = "time/mon-2", "二月", "February";
    March = "time/mon-3", "三月", "March";
    April = "time/mon-4", "四月", "April";
    May = "time/mon-5", "五月", "May";
    June = "time/mon-6", "六月", "June";
    July = "time/mon-7", "七月", "July";
    August = "time/mon-8", "八月", "August";
    September = "time/mon-9", "九月", "September";
    October = "time/mon-10", "十月", "October";
    November = "time/mon-11", "十一月", "November";
    December = "time/mon-12", "十二月", "December";
    Monday = "time/day-1", "星期一", "Monday";
    Tuesday = "time/day-2", "星期二", "Tuesday";
    Wednesday = "time/day-3", "星期三", "Wednesday";
    Thursday = "time/day-4", "星期四", "Thursday";
    Friday = "time/day-5", "星期五", "Friday";
    Saturday = "time/day-6", "星期六", "Saturday";
    Sunday = "time/day-7", "星期日", "Sunday";
    Year = "time/year", "年", "year";
    DayOfMonth = "time/day_of_month", "日", "day";
    OClock = "time/oclock", "点", "o'clock";
    HalfPast = "time/half_past", "半", "half past";
    MinutePast = "time/minute_past", "分", "minutes past";
    EarlyMorning = "time/early_morning", "凌晨", "midnight";
    Am = "time/a-m", "上午", "a.m.";
    Noon = "time/noon", "中午", "noon";
    Pm = "time/p-m", "下午", "p.m.";
    Evening = "time/evening", "晚上", "in the evening";
    LessThanAMinute = "time/less_than_a_minute", "不到一分钟", "less than a minute";

    // What is counted. Only English tells one from many.
    Caller = "units/caller", "位", "caller";
    Callers = "units/callers", "位", "callers";
    Time = "units/time", "次", "time";
    Times = "units/times", "次", "times";
    Item = "units/item", "个", "item";
    Items = "units/items", "个", "items";
    Second = "units/second", "秒", "second";
    Seconds = "units/seconds", "秒", "seconds";
    Minute = "units/minute", "分钟", "minute";
    Minutes = "units/minutes", "分钟", "minutes";
    Hour = "units/hour", "小时", "hour";
    Hours = "units/hours", "小时", "hours";
    Day = "units/day", "天", "day";
    Days = "units/days", "天", "days";
    Yuan = "units/yuan", "元", "yuan";
    Jiao = "units/jiao", "角", "jiao";
    Fen = "units/fen", "分", "fen";

    // Menus, and what any call may need.
    Welcome = "ivr/welcome", "您好，欢迎致电。", "Hello, and thank you for calling.";
    PleaseHold = "ivr/please_hold", "请稍候。", "Please hold.";
    Transferring = "ivr/transferring", "正在为您转接，请稍候。", "Please hold while we connect you.";
    MayBeRecorded = "ivr/may_be_recorded", "为保证服务质量，本次通话可能会被录音。",
        "To assure quality, this call may be recorded.";
    Press = "ivr/press", "请按", "Please press";
    InvalidKey = "ivr/invalid_key", "您的按键无效。", "That is not a valid choice.";
    NoKey = "ivr/no_key", "没有收到您的按键。", "We did not receive your choice.";
    TryAgain = "ivr/try_again", "请重新输入。", "Please try again.";
    TooManyTries = "ivr/too_many_tries", "您输入的错误次数过多，再见。", "Too many attempts. Goodbye.";
    ToRepeatPress = "ivr/to_repeat_press", "重听请按", "To hear this again, press";
    ToGoBackPress = "ivr/to_go_back_press", "返回上一级请按", "To go back, press";
    ForOperatorPress = "ivr/for_operator_press", "人工服务请按", "For an operator, press";
    DialExtension = "ivr/dial_extension", "请直接拨分机号。", "Please dial the extension.";
    ExtensionWrong = "ivr/extension_wrong", "您拨的分机号不存在。", "That extension does not exist.";
    ExtensionBusy = "ivr/extension_busy", "您拨的分机正忙。", "That extension is busy.";
    AllBusy = "ivr/all_busy", "对不起，坐席全忙。", "Sorry, all our agents are busy.";
    NobodyAnswers = "ivr/nobody_answers", "对不起，暂时无人接听。",
        "Sorry, nobody can take your call right now.";
    CallLater = "ivr/call_later", "请您稍后再拨。", "Please call again later.";
    Goodbye = "ivr/goodbye", "感谢您的来电，再见。", "Thank you for calling. Goodbye.";

    // Waiting.
    YouAreNext = "queue/you_are_next", "您是下一位，请不要挂机。", "You are next. Please stay on the line.";
    ThereIs = "queue/there_is", "您前面还有", "There is";
    ThereAre = "queue/there_are", "您前面还有", "There are";
    CallerAhead = "queue/caller_ahead", "位客户在等待。", "caller ahead of you.";
    CallersAhead = "queue/callers_ahead", "位客户在等待。", "callers ahead of you.";
    YouAre = "queue/you_are", "您现在排在", "You are";
    InTheQueue = "queue/in_the_queue", "位。", "in the queue.";
    EstimatedWait = "queue/estimated_wait", "预计还需等待", "Your estimated wait is";
    ThanksForWaiting = "queue/thanks_for_waiting", "感谢您的耐心等待，请不要挂机。",
        "Thank you for your patience. Please stay on the line.";
    QueueFull = "queue/full", "对不起，排队人数已满，请您稍后再拨。",
        "Sorry, the queue is full. Please call again later.";
    ToLeaveMessagePress = "queue/to_leave_message_press", "留言请按", "To leave a message, press";
    ForCallbackPress = "queue/for_callback_press", "需要回电请按", "To be called back, press";

    // Calling back.
    CallbackNoted = "callback/noted", "您的回电请求已登记。",
        "We have noted your request to be called back.";
    YourNumberIs = "callback/your_number_is", "您的号码是", "Your number is";
    WeWillCallYou = "callback/we_will_call_you", "我们会尽快给您回电。",
        "We will call you as soon as we can.";
    EnterNumber = "callback/enter_number", "请输入您的电话号码，以井号键结束。",
        "Please enter your telephone number, followed by the pound key.";
    ToConfirmPress = "callback/to_confirm_press", "确认请按", "To confirm, press";
    ToChangePress = "callback/to_change_press", "修改请按", "To change it, press";
    CallbackRefused = "callback/refused", "对不起，暂时不能登记回电。",
        "Sorry, we cannot call you back right now.";
    CallbackGreeting = "callback/greeting", "您好，这是您预约的回电。",
        "Hello, this is the call back that you asked for.";
    ToTalkPress = "callback/to_talk_press", "接通请按", "To be connected, press";

    // What only an agent hears.
    IncomingCall = "agent/incoming_call", "您有新的来电。", "You have a call.";
    ToTakePress = "agent/to_take_press", "接听请按", "To take the call, press";
    ToRefusePress = "agent/to_refuse_press", "拒接请按", "To refuse it, press";
    CallFromHotline = "agent/call_from_hotline", "本次来电来自热线", "This call comes from hotline";
    CallerWaited = "agent/caller_waited", "客户已等待", "The caller has waited";
    CallerLeft = "agent/caller_left", "客户已挂机。", "The caller has hung up.";
    TakenByOther = "agent/taken_by_other", "来电已被其他坐席接听。", "Someone else has taken the call.";

    // The agent number (报工号).
    AgentNumber = "agent/number", "工号", "Agent number";
    AtYourService = "agent/at_your_service", "为您服务。", "is at your service.";

    // Voicemail. The beep behind the greeting is a tone of the switch.
    LeaveMessage = "voicemail/leave_message", "请在提示音后留言，结束请挂机或按井号键。",
        "Please leave a message after the tone. When you have finished, hang up or press pound.";
    MessageTooShort = "voicemail/too_short", "您的留言太短。", "Your message is too short.";
    MessageAgain = "voicemail/again", "请重新留言。", "Please leave your message again.";
    MessageTimeUp = "voicemail/time_up", "留言时间已到。", "The time for your message is up.";
    MessageSaved = "voicemail/saved", "您的留言已保存，我们会尽快与您联系。",
        "Your message has been saved. We will contact you as soon as we can.";
    MailboxFull = "voicemail/full", "对不起，留言信箱已满。", "Sorry, the mailbox is full.";
    ToSavePress = "voicemail/to_save_press", "保存留言请按", "To save your message, press";
    ToListenPress = "voicemail/to_listen_press", "试听留言请按", "To listen to it, press";
    ToRecordAgainPress = "voicemail/to_record_again_press", "重新留言请按", "To record it again, press";

    // Survey.
    SurveyInvite = "survey/invite", "请您对本次服务进行评价。", "Please rate our service.";
    SurveySatisfied = "survey/question_1", "非常满意请按一，满意请按二，不满意请按三。",
        "If you were very satisfied, press one. If satisfied, press two. If not satisfied, press three.";
    SurveySolved = "survey/question_2", "您的问题解决了吗？解决了请按一，没有解决请按二。",
        "Was your question answered? If yes, press one. If no, press two.";
    SurveyRecommend = "survey/question_3",
        "您愿意向朋友推荐我们吗？愿意请按一，不一定请按二，不愿意请按三。",
        "Would you recommend us to a friend? If yes, press one. If maybe, press two. If no, press three.";
    SurveyInvalidKey = "survey/invalid_key", "您的按键无效，请重新评价。",
        "That is not a valid choice. Please rate again.";
    SurveyNoKey = "survey/no_key", "没有收到您的评价。", "We did not receive your rating.";
    SurveyThanks = "survey/thanks", "感谢您的评价，再见。", "Thank you for your rating. Goodbye.";

    // Anti-counterfeit query (防伪查询).
    EnterCode = "code/enter", "请输入防伪码，以井号键结束。",
        "Please enter the code on the product, followed by the pound key.";
    YouEntered = "code/you_entered", "您输入的是", "You entered";
    CodeLength = "code/wrong_length", "您输入的位数不正确。",
        "That code does not have the right number of digits.";
    CodeGenuine = "code/genuine", "您查询的是正品，这是首次查询，请放心使用。",
        "This product is genuine. The code has not been checked before.";
    CodeSeen = "code/seen", "该防伪码已被查询过", "This code has already been checked";
    CodeFirstOn = "code/first_on", "首次查询时间是", "The first time was";
    CodeBeware = "code/beware", "请谨防假冒。", "Please beware of counterfeits.";
    CodeUnknown = "code/unknown", "您查询的防伪码不存在，请谨防假冒。",
        "This code does not exist. Please beware of counterfeits.";
    ForNextCodePress = "code/for_next_press", "继续查询请按", "To check another code, press";
    CodeGoodbye = "code/goodbye", "感谢您的查询，再见。", "Thank you for checking. Goodbye.";

    // Who may call, and whom.
    AccessRefused = "access/refused", "对不起，您无权拨打该号码。",
        "Sorry, you are not allowed to call this number.";
    AreaRefused = "access/area_refused", "对不起，您所在的地区暂未开通此服务。",
        "Sorry, this service is not available in your area.";
    AnonymousRefused = "access/anonymous", "对不起，本热线不接受匿名来电。",
        "Sorry, this hotline does not take anonymous calls.";
    TooFrequent = "access/too_frequent", "对不起，您的呼叫过于频繁，请稍后再拨。",
        "Sorry, you have called too often. Please call again later.";
    NumberSuspended = "access/suspended", "对不起，您拨打的号码已停机。",
        "Sorry, the number you have dialed is suspended.";
    NumberUnknown = "access/unknown", "对不起，您拨打的号码是空号。",
        "Sorry, the number you have dialed does not exist.";
    LinesFull = "access/lines_full", "对不起，线路繁忙，请您稍后再拨。",
        "Sorry, all lines are busy. Please call again later.";

    // Hours.
    ClosedNow = "hours/closed", "现在是非工作时间。", "We are closed now.";
    ClosedForHoliday = "hours/holiday", "现在是节假日，暂停服务。", "We are closed for the holiday.";
    ClosedForLunch = "hours/lunch", "现在是午休时间。", "We are closed for lunch.";
    OpenFrom = "hours/from", "我们的工作时间是", "Our hours are from";
    OpenTo = "hours/to", "到", "to";
    OpenAgainOn = "hours/open_again_on", "恢复服务的时间是", "We will be open again on";

    // Money.
    BalanceIs = "money/balance_is", "您的账户余额是", "Your balance is";
    BalanceLow = "money/low", "您的账户余额不足，请及时充值。", "Your balance is low. Please top up soon.";
    MoneyEndsSoon = "money/ends_soon", "账户余额不足，本次通话即将结束。",
        "The balance is used up. This call will end soon.";
    TimeLeft = "money/time_left", "账户余额不足，通话时间还剩",
        "The balance is low. The time left for this call is";

    // A breath between groups of digits: recorded silence.
    Pause = "silence/pause", "", "";
}
