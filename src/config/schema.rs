//! All keys of a hotline file. A key that does not stand here is refused, and is not in the schema.

use super::schema_types::{KeySchema, TableSchema, ValueSchema, key, needed, words};
use super::sms_schema::SMS;
use hotlined_core::cause::Cause;
use hotlined_core::hotline::CODE_DIGITS_MAX;
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::limits::{
    AGENTS_MAX, LINES_MAX, RING_TIME_S_MAX, RING_TIME_S_MIN, WAIT_S_MAX, WAIT_S_MIN,
};
use hotlined_core::hotline::{Recording, Shows};
use hotlined_core::phrases::Language;

use ValueSchema::{
    Flag, Hours, KeyOrNone, Named, Nodes, Number, Pairs, Sound, SoundOrNone, Sounds, Table, Tables, Text,
    Texts, Words,
};

pub(super) const STRATEGIES: [(&str, Strategy); 7] = [
    ("sequential", Strategy::Sequential),
    ("random", Strategy::Random),
    ("round_robin", Strategy::RoundRobin),
    ("fewest_calls", Strategy::FewestCalls),
    ("longest_idle", Strategy::LongestIdle),
    ("ratio", Strategy::Ratio),
    ("simultaneous", Strategy::Simultaneous),
];
pub(super) const SHOWS: [(&str, Shows); 2] = [("caller", Shows::Caller), ("hotline", Shows::Hotline)];
pub(super) const RECORDINGS: [(&str, Recording); 3] =
    [("off", Recording::Off), ("inbound", Recording::Inbound), ("all", Recording::All)];
/// Whether it is refused.
pub(super) const TREATMENTS: [(&str, bool); 2] = [("allow", false), ("refuse", true)];
/// Whether the refused hear why.
pub(super) const REFUSALS: [(&str, bool); 2] = [("announce", true), ("reject", false)];
pub(super) const CAUSES: [(&str, Cause); 8] = [
    ("normal", Cause::Normal),
    ("busy", Cause::Busy),
    ("no_answer", Cause::NoAnswer),
    ("rejected", Cause::Rejected),
    ("unknown_number", Cause::UnknownNumber),
    ("unreachable", Cause::Unreachable),
    ("congestion", Cause::Congestion),
    ("other", Cause::Other),
];
pub(super) const LANGUAGES: [(&str, Language); 2] = [("zh", Language::Mandarin), ("en", Language::English)];

/// The longest prompt of silence before something happens, in milliseconds.
const TIMEOUT_MS_MAX: u64 = 60_000;
/// The longest message or queue announcement interval, in seconds.
const MESSAGE_S_MAX: u64 = 600;
const DAYS_MAX: u64 = 365;
const WRAP_UP_S_MAX: u64 = 3_600;
const FREQUENCY_CALLS_MAX: u64 = 10_000;
const FREQUENCY_MINUTES_MAX: u64 = 24 * 60;
const QUEUE_LENGTH_MAX: u64 = 1_000;
const CALLS_MAX: u64 = 100_000;
const KEY_PATTERN: ValueSchema = Text(Some("^[0-9*#]$"));
const RING_TIME: ValueSchema = Number(RING_TIME_S_MIN, RING_TIME_S_MAX, "seconds");
const WAIT: ValueSchema = Number(WAIT_S_MIN, WAIT_S_MAX, "seconds");
const TIME_MS: ValueSchema = Number(100, TIMEOUT_MS_MAX, "milliseconds");
const DAYS: ValueSchema = Number(1, DAYS_MAX, "days");
const WRAP_UP: ValueSchema = Number(0, WRAP_UP_S_MAX, "seconds");
const RETRY: ValueSchema = Number(1, WAIT_S_MAX, "seconds");
const ORDER: ValueSchema = Words(&words(&STRATEGIES));
const STATE: ValueSchema = Text(None);

const NAME: &str = "What it is called.";
const RINGBACK: &str = "What the caller hears while agents are tried (彩铃).";
const RINGBACKS_SAY: &str = "Other ringbacks by hours and by area (炫铃): the first that fits is played.";
const LAST_AGENT: &str = "For how many days the agent a caller last talked with is tried first (记忆接听).";
const WRAP_UP_SAYS: &str = "How long an agent is left alone after a talk (话后整理).";
const RETRY_SAYS: &str = "How long a queue leaves an agent alone who did not take a call.";
const ORDER_SAYS: &str = "Who is tried first (接听规则).";
const RING_TIME_SAYS: &str = "How long an agent is rung.";
const WAIT_SAYS: &str = "How long a caller waits for all agents together.";
const BEFORE_SAYS: &str = "What is said before caller and agent talk (通话前置音).";
const WHEN: &str =
    "A state of a table of hours, such as \"main.open\"; a table alone means its state `open`.";

pub(super) static HOTLINE: TableSchema = TableSchema {
    name: "hotline",
    says: "One 400 hotline.",
    also: &[],
    keys: &[
        needed(
            "number",
            Text(Some("^400[0-9]{7}$")),
            "The 400 number: ten digits.",
            "write number = \"400…\", ten digits",
        ),
        needed(
            "name",
            Text(None),
            "What the business is called.",
            "write name = \"…\", what the business is called",
        ),
        key("ringback", Sound, RINGBACK),
        key("closing", Sound, "What the caller hears when nobody came."),
        key("order", ORDER, ORDER_SAYS),
        key("ring_time_s", RING_TIME, RING_TIME_SAYS),
        key("wait_s", WAIT, WAIT_SAYS),
        key("shows", Words(&words(&SHOWS)), "Which number an agent sees."),
        key(
            "home",
            Text(Some("^0[0-9]{2,3}$")),
            "The hotline's own area code, which completes local numbers.",
        ),
        key(
            "language",
            Words(&words(&LANGUAGES)),
            "The language of the announcements that are not the hotline's own.",
        ),
        key("recording", Words(&words(&RECORDINGS)), "Whose talks are recorded (通话录音)."),
        key("calls_max", Number(1, CALLS_MAX, "calls"), "How many calls the hotline takes at a time."),
        key("suspended", Flag, "Whether the hotline is suspended (停机): nobody is let in."),
        key("suspended_notice", SoundOrNone, "What callers of a suspended hotline hear; false rejects them."),
        key("last_agent_days", DAYS, LAST_AGENT),
        key("wrap_up_s", WRAP_UP, WRAP_UP_SAYS),
        key("retry_s", RETRY, RETRY_SAYS),
        key("agents", Tables(&AGENT), "Who answers (坐席绑定)."),
        key("groups", Named(&GROUP), "Who of the agents belong together."),
        key("hours", Hours, "When the business is open (作息规则): one table, or several with names."),
        key("notices", Sounds, "What is heard in each state of the hours that is not `open`."),
        key("access", Table(&ACCESS), "Who may call (黑白名单, 限制区域)."),
        key("ringbacks", Tables(&RINGBACK_RULE), RINGBACKS_SAY),
        key("before", Table(&BEFORE), BEFORE_SAYS),
        key("menu", Table(&MENU), "A menu of one layer (语音导航): its exits are groups."),
        key("queue", Table(&QUEUE), "Where callers wait when all agents are busy (排队)."),
        key("voicemail", Table(&VOICEMAIL), "How a message is taken when nobody came (语音信箱)."),
        key("survey", Table(&SURVEY), "What is asked after the talk (满意度)."),
        key("sms", Table(&SMS), "Which messages are sent when a call ends (漏话短信, 挂机短信)."),
        key("limits", Table(&LIMITS), "How large the hotline may be."),
        key("codes", Named(&CODES), "Sets of codes that prove a product genuine (防伪查询)."),
        key("flow", Table(&FLOW), "Where a call begins, if the way of a call is written as nodes."),
        key("nodes", Nodes, "The way of a call, in place of what the short forms make."),
    ],
};

pub(super) static AGENT: TableSchema = TableSchema {
    name: "agent",
    says: "Somebody who answers calls (绑定号码).",
    also: &[],
    keys: &[
        needed(
            "id",
            Text(Some("^[0-9A-Za-z]{1,12}$")),
            "The agent number (工号).",
            "write id = \"01\", the agent number",
        ),
        key("name", Text(None), "The agent's name."),
        key("phone", Text(None), "The telephone number to call; or else `endpoint`."),
        key("endpoint", Text(None), "An endpoint in the switch's own words, such as user/1001."),
        key("lines", Number(1, LINES_MAX as u64, "lines"), "How many calls at a time."),
        key("ring_time_s", RING_TIME, RING_TIME_SAYS),
        key("on", Flag, "Whether calls are sent here at all."),
        key("hours", STATE, WHEN),
        key("confirm", Flag, "Whether a call is taken by pressing 1, so that no mailbox takes it."),
        key("share", Number(1, 1_000, "shares"), "The share of calls, where the order is `ratio`."),
        key("group", Text(None), "The group this agent belongs to."),
        key("groups", Texts(None), "The groups this agent belongs to."),
    ],
};

pub(super) static GROUP: TableSchema = TableSchema {
    name: "group",
    says: "Agents who take the same calls.",
    also: &[],
    keys: &[
        key("agents", Texts(None), "Their agent numbers, in the order in which they are tried."),
        key("order", ORDER, ORDER_SAYS),
        key("last_agent_days", DAYS, LAST_AGENT),
        key("wrap_up_s", WRAP_UP, WRAP_UP_SAYS),
        key("retry_s", RETRY, RETRY_SAYS),
        key("overflow", Text(None), "The group that is tried when this one is busy or off duty."),
    ],
};

pub(super) static FREQUENCY: TableSchema = TableSchema {
    name: "frequency",
    says: "How often one number may call.",
    also: &[],
    keys: &[
        needed("calls", Number(1, FREQUENCY_CALLS_MAX, "calls"), "So many calls.", "write such as calls = 3"),
        needed(
            "minutes",
            Number(1, FREQUENCY_MINUTES_MAX, "minutes"),
            "Within so many minutes.",
            "write such as minutes = 10",
        ),
    ],
};

const ACCESS_KEYS: &[KeySchema] = &[
    key("white", Texts(None), "Numbers and beginnings of numbers that may always call, such as \"138*\"."),
    key("white_file", Text(None), "A file beside the hotline's with more of them, one a line."),
    key("only_white", Flag, "Whether only those may call."),
    key("black", Texts(None), "Numbers and beginnings of numbers that may not call."),
    key("black_file", Text(None), "A file beside the hotline's with more of them, one a line."),
    key("anonymous", Words(&words(&TREATMENTS)), "Callers without a number."),
    key("international", Words(&words(&TREATMENTS)), "Callers from abroad."),
    key("refuse_areas", Texts(None), "From where nobody may call, such as \"上海\" or \"021\"."),
    key("only_areas", Texts(None), "From where alone one may call."),
    key("hours", STATE, WHEN),
    key("frequency", Table(&FREQUENCY), "How often one number may call."),
    key("refusal", Words(&words(&REFUSALS)), "Whether the refused hear why or are rejected at once."),
    key("notice", Sound, "What they hear."),
    key("cause", Words(&words(&CAUSES)), "The cause they are rejected with."),
];

pub(super) static ACCESS: TableSchema = TableSchema {
    name: "access",
    says: "Who may call: a caller on the white list is refused by nothing else.",
    also: &[],
    keys: ACCESS_KEYS,
};

pub(super) static RINGBACK_RULE: TableSchema = TableSchema {
    name: "ringback_rule",
    says: "A ringback and when it is played.",
    also: &[],
    keys: &[
        needed("file", Sound, "The sound.", "name the sound: file = \"….wav\""),
        key("hours", STATE, WHEN),
        key("areas", Texts(None), "For callers from there."),
    ],
};

pub(super) static BEFORE: TableSchema = TableSchema {
    name: "before",
    says: BEFORE_SAYS,
    also: &[],
    keys: &[
        key("to_caller", Sound, "To the caller."),
        key("to_agent", Sound, "To the agent: the whisper."),
        key("agent_number", Flag, "Whether the caller is told the agent's number (报工号)."),
    ],
};

const REACH_KEYS: &[KeySchema] = &[
    key("ringback", Sound, RINGBACK),
    key("ringbacks", Tables(&RINGBACK_RULE), RINGBACKS_SAY),
    key("wait_s", WAIT, WAIT_SAYS),
    key("before", Table(&BEFORE), BEFORE_SAYS),
];

/// How keys are asked for; all but the prompt.
const ASK_KEYS: &[KeySchema] = &[
    key("invalid", SoundOrNone, "What is said to a wrong answer; false: nothing."),
    key("timeout", TIME_MS, "How long the first key may take after the prompt."),
    key("inter_digit_timeout", TIME_MS, "How long each further key may take."),
    key("max_failures", Number(1, 10, "times"), "How many wrong answers until the exit `invalid`."),
    key("max_timeouts", Number(1, 10, "times"), "How many times of silence until the exit `timeout`."),
    key("digits_min", DIGITS, "How many digits an answer has at least."),
    key("digit_len", DIGITS, "How many digits an answer has at most."),
    key("terminator", KeyOrNone, "The key that ends an answer; false: none."),
];
const DIGITS: ValueSchema = Number(1, CODE_DIGITS_MAX as u64, "digits");

const EXITS: KeySchema = key("exits", Pairs, "Where each exit leads: to a node; `_` is every other exit.");
const PROMPT: KeySchema = key("prompt", Sound, "What is said.");
const PROMPT_NEEDED: KeySchema =
    needed("prompt", Sound, "What is said.", "name what is said: prompt = \"….wav\"");

pub(super) static MENU: TableSchema = TableSchema {
    name: "menu",
    says: "A menu of one layer.",
    also: &[ASK_KEYS],
    keys: &[PROMPT_NEEDED, key("exits", Pairs, "A group for each key; `_` is every other exit.")],
};

const QUEUE_KEYS: &[KeySchema] = &[
    key("length_max", Number(1, QUEUE_LENGTH_MAX, "callers"), "How many may wait."),
    key("answer", Flag, "Whether waiting answers the call, so that keys work with every carrier."),
    key("say_position", Flag, "Whether the caller is told how many are ahead."),
    key("say_wait", Flag, "Whether the caller is told how long it may take."),
    key("every_s", Number(10, MESSAGE_S_MAX, "seconds"), "How often that is said."),
    key("notice", Sound, "What is said with it, such as which key leads out."),
    key("call_back", KEY_PATTERN, "The key that asks to be called back."),
];

pub(super) static QUEUE: TableSchema = TableSchema {
    name: "queue",
    says: "Where callers wait when all agents are busy.",
    also: &[QUEUE_KEYS, REACH_KEYS],
    keys: &[key("exits", Pairs, "Where keys lead, such as { 9 = \"voicemail\" }.")],
};

const VOICEMAIL_KEYS: &[KeySchema] = &[
    key("greeting", SoundOrNone, "What is said before the beep; false: nothing."),
    key("longest_s", Number(5, MESSAGE_S_MAX, "seconds"), "The longest message."),
    key("shortest_s", Number(0, 60, "seconds"), "What is shorter is none."),
    key("silence_s", Number(1, 60, "seconds"), "How much silence ends it."),
    key("saved", SoundOrNone, "What is said when it is kept; false: nothing."),
];

pub(super) static VOICEMAIL: TableSchema =
    TableSchema { name: "voicemail", says: "How a message is taken.", also: &[], keys: VOICEMAIL_KEYS };

const SURVEY_KEYS: &[KeySchema] = &[
    PROMPT,
    key("highest", Number(2, 9, "points"), "The highest score."),
    key("thanks", SoundOrNone, "What is said for it; false: nothing."),
];

pub(super) static SURVEY: TableSchema = TableSchema {
    name: "survey",
    says: "What is asked after the talk.",
    also: &[ASK_KEYS],
    keys: SURVEY_KEYS,
};

pub(super) static LIMITS: TableSchema = TableSchema {
    name: "limits",
    says: "How large the hotline may be.",
    also: &[],
    keys: &[
        key("layers", Number(1, 20, "layers"), "How many menus deep."),
        key("keys", Number(1, 100, "keys"), "How many keys a menu has."),
        key("numbers", Number(1, AGENTS_MAX as u64, "agents"), "How many agents an extension has."),
        key("ringbacks", Number(1, 100, "files"), "How many sounds one ringback chooses from."),
    ],
};

pub(super) static CODES: TableSchema = TableSchema {
    name: "codes",
    says: "A set of codes.",
    also: &[],
    keys: &[needed(
        "file",
        Text(None),
        "A file beside the hotline's, with one code a line.",
        "name the file: file = \"….txt\"",
    )],
};

pub(super) static FLOW: TableSchema = TableSchema {
    name: "flow",
    says: "Where a call begins.",
    also: &[],
    keys: &[needed("start", Text(None), "The first node.", "name the first node: start = \"…\"")],
};

pub(super) static ROUTE: TableSchema = TableSchema {
    name: "route",
    says: "Where callers from some place go.",
    also: &[],
    keys: &[
        needed(
            "areas",
            Texts(None),
            "Places, such as \"上海\", \"华东\" or \"021\".",
            "write such as areas = [\"上海\"]",
        ),
        needed(
            "exit",
            Text(None),
            "The exit; where `exits` does not have it, the node of this name.",
            "name the node: exit = \"…\"",
        ),
    ],
};

pub(super) static MARK: TableSchema = TableSchema {
    name: "mark",
    says: "A mark for the call record.",
    also: &[],
    keys: &[
        needed("name", Text(None), NAME, "write name = \"…\""),
        needed("value", Text(None), "What it says.", "write value = \"…\""),
    ],
};

macro_rules! nodes {
    ($($name:literal, $says:literal, [$($own:expr),*], [$($also:expr),*];)*) => {
        /// The types of nodes.
        pub(super) static NODES: &[TableSchema] = &[$(TableSchema {
            name: $name,
            says: $says,
            keys: &[$($own,)* needed("type", Words(&[$name]), "What the node does.", "write such as type = \"menu\""), EXITS],
            also: &[$($also),*],
        },)*];
    };
}

const GROUP_NAME: KeySchema = needed("group", Text(None), "Whom to try.", "name whom to try: group = \"…\"");

nodes! {
    "hours", "Goes by the state of a table of hours (上下班): the exits are the states.",
        [needed("table", Text(None), "Which table.", "name the table: table = \"main\"")], [];
    "area", "Goes by where the caller is (区域转接): the first route that has the place.",
        [needed("routes", Tables(&ROUTE), "Places and exits.", "write such as routes = [{ areas = [\"上海\"], exit = \"…\" }]")], [];
    "access", "Asks whether the caller may call. Exits: allowed, and for the refused the reason.",
        [], [ACCESS_KEYS];
    "menu", "Lets the caller choose by key (语音导航). Exits: keys, invalid, timeout, hangup.",
        [PROMPT_NEEDED], [ASK_KEYS];
    "play", "Lets the caller hear something. Exits: done, hangup.",
        [PROMPT_NEEDED, key("answer", Flag, "Whether the call is answered first: the caller pays from here.")], [];
    "collect", "Lets the caller enter digits. Exits: done, invalid, timeout, hangup.",
        [PROMPT_NEEDED, needed("name", Text(None), "Under which name they stand in the call record.", "write name = \"…\", under which they stand in the call record")], [ASK_KEYS];
    "extension", "Lets the caller dial an extension (分机). Exits: extensions, invalid, timeout, hangup.",
        [PROMPT, key("extensions", Pairs, "Where each extension leads: to a node.")], [ASK_KEYS];
    "group", "Tries the agents of a group. Exits: talked, busy, no_answer, unreachable, off_duty, hangup.",
        [GROUP_NAME], [REACH_KEYS];
    "agent", "Tries one agent. Exits: as of a group.",
        [needed("agent", Text(None), "The agent's number.", "name the agent: agent = \"01\"")], [REACH_KEYS];
    "queue", "Lets the caller wait for an agent (排队). Exits: talked, timeout, full, off_duty, keys, hangup.",
        [GROUP_NAME], [QUEUE_KEYS, REACH_KEYS];
    "voicemail", "Takes a message (语音信箱). Exits: done, too_short, hangup.",
        [], [VOICEMAIL_KEYS];
    "survey", "Asks how it was (满意度). Exits: done, timeout, hangup.",
        [], [SURVEY_KEYS, ASK_KEYS];
    "verify_code", "Says whether a code is genuine (防伪查询). Exits: genuine, seen, unknown, invalid, timeout, hangup.",
        [PROMPT, needed("codes", Text(None), "Which set of codes.", "name the set: codes = \"…\"")], [ASK_KEYS];
    "set", "Notes something about the call. Exit: done.",
        [key("priority", Number(0, 255, "steps"), "How early it is served in a queue: higher is earlier."),
         key("mark", Table(&MARK), "A mark for the call record.")], [];
    "goto", "Goes on at another node. Exit: done.",
        [key("to", Text(None), "That node.")], [];
    "hangup", "Ends the call. Exits: none.",
        [key("cause", Words(&words(&CAUSES)), "With this cause.")], [];
}
