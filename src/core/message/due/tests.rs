use super::*;
use crate::cause::Cause;
use crate::hotline::access::RefusalReason;
use crate::hotline::flow::{Flow, NodeIx};
use crate::hotline::{Agent, Recording, Shows, Version, Voice};
use crate::id::{CallId, LegId, SwitchId};
use crate::message::rules::{DIGEST_TEXT, Digest, MISSED_TEXT, Mask, MessageLimits};
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, AttemptRecord, EndedBy, Outcome};

/// 2026-03-27 09:18 in China.
const ARRIVED: Instant = Instant(1_774_574_280_000);
const NOW: Instant = Instant(1_774_574_340_000);

fn rule(on: &[CallOutcome], to: &[Recipient], text: &str) -> MessageRule {
    MessageRule {
        template: "missed".into(),
        on: on.iter().copied().collect(),
        to: to.to_vec(),
        text: text.parse().unwrap(),
        lifetime: Millis::seconds(7_200),
        digest: None,
    }
}

fn to_owner(text: &str) -> MessageRule {
    rule(CallOutcome::ALL, &[Recipient::Owner], text)
}

fn hotline(rules: Vec<MessageRule>) -> Hotline {
    let agents = [("01", "13900000001"), ("02", "021-8888 6666"), ("03", "+86 139-0000-0003")];
    let phone = |(id, phone): (&str, &str)| Agent::new(id, Dial::phone(phone).unwrap());
    let extension = Agent::new("04", Dial::endpoint("user/13900000004").unwrap());
    let sms = SmsRules {
        sign: "示例商店".into(),
        owner: vec!["13900000009".into()],
        mask: Mask::default(),
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        rules,
    };
    Hotline {
        number: "4008001234".into(),
        name: "示例商店".into(),
        version: Version::default(),
        shows: Shows::default(),
        home: None,
        voice: Voice::default(),
        suspended: None,
        calls_max: None,
        recording: Recording::Off,
        closing: Prompt::Tone(Tone::Busy),
        hours: BTreeMap::new(),
        codes: BTreeMap::new(),
        agents: agents.map(phone).into_iter().chain([extension]).collect(),
        groups: Vec::new(),
        sms: Some(Arc::new(sms)),
        flow: Flow { start: NodeIx(0), nodes: Vec::new() },
    }
}

/// A call from this number that no agent took.
fn missed(caller: &str) -> CallRecord {
    CallRecord {
        call: CallId(LegId::from_bits(7)),
        switch: SwitchId("fs1".into()),
        dialled: "4008001234".to_owned(),
        hotline: Some("4008001234".into()),
        hotline_version: None,
        caller: caller.to_owned(),
        outcome: Outcome::Unanswered,
        ended_by: EndedBy::Caller,
        cause: Cause::Normal,
        arrived: ARRIVED,
        billing_start: None,
        ended: NOW,
        wait: Millis(65_000),
        talk: Millis(0),
        agent: None,
        refused: None,
        closed: false,
        path: Vec::new(),
        entered: BTreeMap::new(),
        marks: BTreeMap::new(),
        queued: Millis(0),
        recording: None,
        message: None,
        score: None,
        call_back: None,
        attempts: vec![attempt("01", AttemptOutcome::NoAnswer)],
    }
}

fn answered(caller: &str, agent: &str) -> CallRecord {
    CallRecord {
        outcome: Outcome::Answered,
        agent: Some(agent.into()),
        attempts: vec![attempt(agent, AttemptOutcome::Talked)],
        ..missed(caller)
    }
}

fn attempt(agent: &str, outcome: AttemptOutcome) -> AttemptRecord {
    AttemptRecord {
        agent: agent.into(),
        leg: None,
        started: ARRIVED,
        ringing: None,
        answered: None,
        ended: NOW,
        outcome,
    }
}

fn messages(record: &CallRecord, rules: Vec<MessageRule>) -> Vec<Message> {
    due(record, &hotline(rules), None, NOW, 5)
}

fn texts(record: &CallRecord, rules: Vec<MessageRule>) -> Vec<String> {
    messages(record, rules).into_iter().map(|message| message.text).collect()
}

fn numbers(record: &CallRecord, to: &[Recipient]) -> Vec<String> {
    let rules = vec![rule(CallOutcome::ALL, to, "{time}")];
    messages(record, rules).into_iter().map(|message| message.to.to_string()).collect()
}

#[test]
fn a_missed_call_is_told_in_the_fixed_form_to_the_letter() {
    let told = messages(&missed("01088886666"), vec![to_owner(MISSED_TEXT)]);
    let [message] = &told[..] else { panic!("{told:?}") };
    assert_eq!(message.text, "漏话通知:3月27日9时18分,主叫010********拨打过您的电话。");
    assert_eq!(message.signed_text(), "【示例商店】漏话通知:3月27日9时18分,主叫010********拨打过您的电话。");
    assert_eq!((&*message.to, message.decided, message.sequence), ("13900000009", NOW, 5));
    assert_eq!(message.values["caller"], "01088886666");
    assert_eq!(message.values["caller_masked"], "010********");
    assert!(!message.values.contains_key("count"), "a message by itself is no digest");
}

#[test]
fn each_outcome_is_told_where_a_rule_names_it_and_nowhere_else() {
    let closed = CallRecord { closed: true, attempts: Vec::new(), ..missed("13800138000") };
    let busy = CallRecord {
        attempts: vec![attempt("01", AttemptOutcome::Busy), attempt("02", AttemptOutcome::LinesTaken)],
        ..missed("13800138000")
    };
    let with = |outcome| CallRecord { outcome, ..missed("13800138000") };
    let refused = CallRecord {
        refused: Some(RefusalReason::Blacklisted),
        attempts: Vec::new(),
        ..with(Outcome::Refused)
    };
    for (record, outcome) in [
        (answered("13800138000", "01"), CallOutcome::Answered),
        (busy, CallOutcome::Busy),
        (missed("13800138000"), CallOutcome::NoAnswer),
        // The hours led to somebody on duty at night.
        (CallRecord { closed: true, ..missed("13800138000") }, CallOutcome::NoAnswer),
        // Nobody was on duty.
        (CallRecord { attempts: Vec::new(), ..missed("13800138000") }, CallOutcome::NoAnswer),
        (with(Outcome::Lost), CallOutcome::NoAnswer),
        (with(Outcome::Fallback), CallOutcome::NoAnswer),
        (with(Outcome::Abandoned), CallOutcome::Abandoned),
        (closed, CallOutcome::Closed),
        (with(Outcome::Message), CallOutcome::MessageLeft),
        (refused, CallOutcome::Refused),
    ] {
        let all =
            [Recipient::Caller, Recipient::Agent, Recipient::Owner, Recipient::Number("13900000008".into())];
        for named in CallOutcome::ALL {
            let told = messages(&record, vec![rule(&[*named], &all, "{outcome}")]);
            if *named != outcome {
                assert_eq!(told, [], "{outcome:?}");
                continue;
            }
            assert!(told.iter().all(|message| message.text == outcome.in_chinese()));
            let numbers: Vec<&str> = told.iter().map(|message| &*message.to).collect();
            let agent = if record.attempts.is_empty() { &[][..] } else { &["13900000001"] };
            let expected = [&["13800138000"], agent, &["13900000009", "13900000008"]].concat();
            assert_eq!(numbers, expected, "{outcome:?}");
        }
    }
    for outcome in [Outcome::Served, Outcome::UnknownHotline] {
        let record = CallRecord { attempts: Vec::new(), ..with(outcome) };
        assert_eq!(messages(&record, vec![to_owner("{time}")]), [], "{outcome:?}");
    }
    let without = Hotline { sms: None, ..hotline(Vec::new()) };
    assert_eq!(due(&missed("13800138000"), &without, None, NOW, 1), []);
}

#[test]
fn only_mobiles_of_the_mainland_get_messages() {
    let to_caller = |caller| numbers(&missed(caller), &[Recipient::Caller]);
    for caller in
        ["13800138000", "+8613800138000", "008613800138000", "013800138000", "sip:13800138000@carrier"]
    {
        assert_eq!(to_caller(caller), ["13800138000"], "{caller}");
    }
    let others = [
        "01088886666",
        "88886666",
        "95588",
        "4008001234",
        "+85291234567",
        "",
        "anonymous",
        "1380013800",
        "138001380001",
    ];
    for caller in others {
        assert_eq!(to_caller(caller), Vec::<String>::new(), "{caller}");
    }
    // A hotline file cannot have such an owner or number; a saved call could.
    assert_eq!(numbers(&missed(""), &[Recipient::Number("01088886666".into())]), Vec::<String>::new());
}

#[test]
fn the_agent_is_who_talked_and_without_a_talk_each_who_was_tried_at_a_mobile() {
    let of = |record: &CallRecord| numbers(record, &[Recipient::Agent]);
    assert_eq!(of(&answered("", "03")), ["13900000003"]);
    let first_busy = CallRecord {
        attempts: vec![attempt("01", AttemptOutcome::Busy), attempt("03", AttemptOutcome::Talked)],
        ..answered("", "03")
    };
    assert_eq!(of(&first_busy), ["13900000003"]);
    for landline_or_endpoint in ["02", "04", "gone"] {
        assert_eq!(of(&answered("", landline_or_endpoint)), Vec::<String>::new(), "{landline_or_endpoint}");
    }
    let attempts =
        ["01", "02", "04", "03", "01"].map(|agent| attempt(agent, AttemptOutcome::NoAnswer)).to_vec();
    assert_eq!(of(&CallRecord { attempts, ..missed("") }), ["13900000001", "13900000003"]);
}

#[test]
fn a_template_goes_to_a_number_once() {
    let mut hotline = hotline(Vec::new());
    let both =
        [Recipient::Owner, Recipient::Agent, Recipient::Number("13900000001".into()), Recipient::Caller];
    let another = MessageRule { template: "another".into(), ..rule(CallOutcome::ALL, &both, "{time}") };
    hotline.sms = Some(Arc::new(SmsRules {
        owner: vec!["13900000001".into(), "13900000001".into()],
        rules: vec![rule(CallOutcome::ALL, &both, "{time}"), another],
        ..SmsRules::clone(hotline.sms.as_deref().unwrap())
    }));
    let told = due(&answered("13900000001", "01"), &hotline, None, NOW, 9);
    let told: Vec<_> =
        told.iter().map(|message| (&*message.template, &*message.to, message.sequence)).collect();
    // The number after each is kept for a failure.
    assert_eq!(told, [("missed", "13900000001", 9), ("another", "13900000001", 11)]);
}

#[test]
fn a_call_causes_no_more_messages_than_the_most() {
    let to: Vec<Recipient> =
        (0..40).map(|at| Recipient::Number(format!("139000001{at:02}").into())).collect();
    let told = numbers(&missed(""), &to);
    assert_eq!(told.len(), MESSAGES_MAX);
    assert_eq!(told.last().unwrap(), "13900000131");
}

#[test]
fn a_caller_without_a_number_has_words_instead() {
    for caller in ["", "anonymous", "unavailable"] {
        let told = texts(&missed(caller), vec![to_owner("{caller}/{caller_masked}/{area}")]);
        assert_eq!(told, ["未显示号码/未显示号码/未知地区"], "{caller}");
    }
}

#[test]
fn nothing_of_a_hostile_caller_gets_into_a_message() {
    let gbk = String::from_utf8_lossy(b"\xba\xc3\xd7\xa1138").into_owned();
    for caller in [
        "138\r\n00138000",
        "{time}",
        "{{",
        "}",
        "138001{name}",
        "\u{0}\u{1b}[2J",
        "'; drop",
        &gbk,
        &"8".repeat(5_000),
    ] {
        let told = messages(
            &missed(caller),
            vec![
                to_owner("{caller}/{caller_masked}"),
                rule(CallOutcome::ALL, &[Recipient::Caller], "{time}"),
            ],
        );
        let [message] = &told[..] else { panic!("{caller:?}: {told:?}") };
        assert_eq!(message.text, "未显示号码/未显示号码", "{caller:?}");
        assert!(message.values.values().all(|value| !value.contains(|c: char| c.is_control() || c == '{')));
    }
    // What a caller entered may have any key, and no brace; were there one, it would stay one.
    let entered = BTreeMap::from([(Arc::from("order"), "{time}#*".to_owned())]);
    let told =
        texts(&CallRecord { entered, ..missed("") }, vec![to_owner("{entered.order}{entered.other}!")]);
    assert_eq!(told, ["{time}#*!"]);
}

#[test]
fn every_variable_has_its_value() {
    let record = CallRecord { score: Some(2), wait: Millis(8_999), ..answered("+8601088886666", "01") };
    let text = "{caller} {caller_masked} {time} {hotline} {name} {agent} {area} {outcome} {wait} {score} {count} {since}";
    let told = texts(&record, vec![to_owner(text)]);
    let values =
        "01088886666 010******** 3月27日9时18分 4008001234 示例商店 01 北京 接通 8秒 2 1 3月27日9时18分";
    assert_eq!(told, [values]);
    let nobody = CallRecord { attempts: Vec::new(), ..missed("13800138000") };
    assert_eq!(texts(&nobody, vec![to_owner("{agent}{score}/{wait}")]), ["/1分5秒"]);
    let last = CallRecord {
        attempts: ["03", "01"].map(|agent| attempt(agent, AttemptOutcome::NoAnswer)).to_vec(),
        ..missed("")
    };
    assert_eq!(texts(&last, vec![to_owner("{agent}")]), ["01"]);
}

#[test]
fn what_a_digest_says_is_among_the_values() {
    let digest = Digest {
        template: "digest".into(),
        text: format!("{DIGEST_TEXT}{{entered.order}}").parse().unwrap(),
        above: 40,
        every: Millis::seconds(3_600),
    };
    let entered = BTreeMap::from([(Arc::from("order"), "4711".to_owned())]);
    let rule = MessageRule { digest: Some(digest), ..to_owner("{time}") };
    let told = messages(&CallRecord { entered, ..missed("01088886666") }, vec![rule.clone()]);
    assert_eq!(told[0].values["entered.order"], "4711");
    assert_eq!(told[0].digest, rule.digest);
}

#[test]
fn a_mask_is_the_one_of_the_hotline() {
    for (mask, caller, shown) in [
        (Mask::Middle, "+8613800138000", "138****8000"),
        (Mask::Middle, "075588886666", "0755****6666"),
        (Mask::None, "13800138000", "13800138000"),
        (Mask::End, "075588886666", "0755********"),
    ] {
        let mut hotline = hotline(vec![to_owner("{caller_masked}")]);
        let rules = SmsRules { mask, ..SmsRules::clone(hotline.sms.as_deref().unwrap()) };
        hotline.sms = Some(Arc::new(rules));
        assert_eq!(due(&missed(caller), &hotline, None, NOW, 1)[0].text, shown);
    }
}
