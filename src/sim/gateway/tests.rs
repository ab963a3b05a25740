//! Each gateway of `hotlined-notify` against the fake's own reading of its protocol.

use super::account::FakeAccount;
use super::fake::{FakeBehaviour, FakeGateway, FakeReply};
use super::fault::{Fault, FaultRates};
use super::protocol::Problem;
use super::receipt_plan::ReceiptRates;
use hotlined_core::message::sending::{RefusalClass, SendOutcome};
use hotlined_core::message::{Message, MessageLimits};
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpRequest;
use hotlined_notify::sms::{Gateway, RequestContext, SmsRequest};
use std::collections::BTreeSet;

const NOW: Instant = Instant(1_800_000_000_000);
const URL: &str = "http://127.0.0.1:8080/sms/send";
const RECEIPT_URL: &str = "https://us.example/receipts/t0ken";

fn message(text: &str) -> Message {
    Message {
        call: "1700000000.1".parse().unwrap(),
        switch: hotlined_core::id::SwitchId("a".into()),
        hotline: "4008001234".into(),
        template: "missed".into(),
        to: "13800138000".into(),
        sign: "".into(),
        text: text.into(),
        values: [("time", "3月27日9时18分"), ("caller_masked", text)]
            .map(|(name, value)| (name.into(), value.to_owned()))
            .into(),
        decided: NOW,
        lifetime: Millis(3_600_000),
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        digest: None,
        sequence: 9,
    }
}

fn request(gateway: &Gateway, message: &Message, id: u64) -> HttpRequest {
    let sms = SmsRequest { id: format!("m:{id}"), message, receipt_url: Some(RECEIPT_URL) };
    gateway.request(&sms, &RequestContext { now: NOW, nonce: format!("n{id}") }).unwrap()
}

/// As a server sees it: the target instead of the address, and a header with the host.
fn as_served(request: HttpRequest) -> HttpRequest {
    let rest = request.url.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let headers = request.headers.iter().cloned().chain([("Host".to_owned(), host.to_owned())]).collect();
    HttpRequest { url: target.to_owned(), headers, ..request.clone() }
}

fn fake(account: FakeAccount, behaviour: FakeBehaviour) -> (FakeGateway, Gateway) {
    (FakeGateway::new(account, behaviour, 7), account.gateway(URL, &["missed"]))
}

#[test]
fn each_gateway_is_understood_and_answered() {
    let text = "a&b=c+d \"%\\{e}中";
    let message = message(text);
    for account in FakeAccount::ALL {
        let (mut fake, gateway) = fake(account, FakeBehaviour::default());
        for (id, sent) in
            [(1, request(&gateway, &message, 1)), (2, as_served(request(&gateway, &message, 2)))]
        {
            let answer = fake.handle(NOW, &sent);
            let FakeReply::Answer(answer) = answer.what else { panic!("{account:?}: {answer:?}") };
            assert!(fake.wrong().is_empty(), "{account:?}: {:?}", fake.wrong());
            let accepted = fake.accepted().last().unwrap();
            let expected = SendOutcome::Accepted { id: Some(accepted.gateway_id.clone()) };
            assert_eq!(gateway.read_answer(&answer), expected, "{account:?}");
            assert_eq!(accepted.to, "13800138000");
            if account != FakeAccount::Mas {
                assert_eq!(accepted.our_id, Some(format!("m:{id}")), "{account:?}");
            }
            let arrived = match &accepted.text {
                Some(arrived) => arrived.strip_prefix("【示例商店】").unwrap_or(arrived),
                None => {
                    assert_eq!(accepted.template.as_deref(), Some("T-missed"));
                    &accepted.params.iter().find(|(_, value)| value.contains('&')).unwrap().1
                }
            };
            assert_eq!(arrived, text, "{account:?}");
        }
    }
}

/// A request with one bit of one byte changed: in the body, in the query, or in a header that is a proof.
fn changed(request: &HttpRequest, at: usize) -> HttpRequest {
    let mut changed = request.clone();
    if changed.body.is_empty() {
        let mut url = changed.url.into_bytes();
        let query = url.iter().position(|byte| *byte == b'?').unwrap() + 1;
        let at = query + at % (url.len() - query);
        url[at] ^= 1;
        changed.url = String::from_utf8(url).unwrap();
    } else {
        let at = at % changed.body.len();
        changed.body[at] ^= 1;
    }
    changed
}

#[test]
fn what_was_changed_on_the_way_is_refused() {
    let message = message("010********");
    // Yunpian has no signature, and X-WSSE is not of the body.
    let unsigned = [FakeAccount::Yunpian, FakeAccount::HuaweiWsse];
    for account in FakeAccount::ALL.into_iter().filter(|account| !unsigned.contains(account)) {
        let (mut fake, gateway) = fake(account, FakeBehaviour::default());
        let sent = request(&gateway, &message, 1);
        for at in 0..400 {
            let changed = changed(&sent, at);
            // The letters of `%2a` and `%2A` are one.
            fake.handle(NOW, &changed);
            // The sender's id is not part of the generic service's proof, nor is a field it does not know.
            let is_same = |accepted: &super::fake::AcceptedMessage| {
                accepted.to == "13800138000"
                    && accepted.text.as_deref().is_none_or(|text| text.ends_with("010********"))
            };
            let is_generic = matches!(account, FakeAccount::Generic | FakeAccount::GenericGbk);
            assert!(
                fake.accepted().iter().all(|accepted| is_generic && is_same(accepted)),
                "{account:?}: byte {at}"
            );
        }
        assert!(fake.wrong().contains_key(&Problem::Signature), "{account:?}");
    }
}

#[test]
fn another_key_and_another_time_are_refused() {
    let message = message("010********");
    for account in FakeAccount::ALL {
        let (mut fake, gateway) = fake(account, FakeBehaviour::default());
        let other = match gateway.clone() {
            Gateway::Alibaba(mut gateway) => {
                gateway.access_key_secret = "other".into();
                Gateway::Alibaba(gateway)
            }
            Gateway::Tencent(mut gateway) => {
                gateway.secret_key = "other".into();
                Gateway::Tencent(gateway)
            }
            Gateway::Huawei(mut gateway) => {
                gateway.app_secret = "other".into();
                Gateway::Huawei(gateway)
            }
            Gateway::Yunpian(mut gateway) => {
                gateway.api_key = "other".into();
                Gateway::Yunpian(gateway)
            }
            Gateway::Mas(mut gateway) => {
                gateway.secret_key = "other".into();
                Gateway::Mas(gateway)
            }
            Gateway::Generic(gateway) => {
                let mut settings = gateway.settings().clone();
                settings.secrets.insert("key".into(), "other".into());
                let gateway = hotlined_notify::sms::GenericGateway::new(settings).unwrap();
                Gateway::Generic(Box::new(gateway))
            }
        };
        let FakeReply::Answer(answer) = fake.handle(NOW, &request(&other, &message, 1)).what else {
            panic!()
        };
        assert_eq!(class(&gateway.read_answer(&answer)), Some(RefusalClass::Configuration), "{account:?}");
        assert_eq!(fake.wrong().keys().collect::<Vec<_>>(), [&Problem::Signature], "{account:?}");
        // The sender's clock is an hour behind.
        let hour_later = NOW + Millis::seconds(3_600);
        let FakeReply::Answer(answer) = fake.handle(hour_later, &request(&gateway, &message, 2)).what else {
            panic!()
        };
        if !matches!(account, FakeAccount::Yunpian | FakeAccount::Mas) {
            assert_eq!(
                class(&gateway.read_answer(&answer)),
                Some(RefusalClass::Configuration),
                "{account:?}"
            );
            assert!(fake.wrong().contains_key(&Problem::Clock) && fake.accepted().is_empty(), "{account:?}");
        }
    }
}

#[test]
fn a_request_that_is_sent_twice_is_taken_once_where_the_protocol_can() {
    let message = message("010********");
    for account in [FakeAccount::Alibaba, FakeAccount::HuaweiWsse] {
        let (mut fake, gateway) = fake(account, FakeBehaviour::default());
        let request = request(&gateway, &message, 1);
        fake.handle(NOW, &request);
        fake.handle(NOW, &request);
        assert_eq!((fake.accepted().len(), fake.wrong().get(&Problem::Replay)), (1, Some(&1)), "{account:?}");
    }
}

/// The class of a refusal; none if it is unknown what became of the message.
fn class(outcome: &SendOutcome) -> Option<RefusalClass> {
    match outcome {
        SendOutcome::Refused(refusal) => Some(refusal.class),
        SendOutcome::Unknown { .. } => None,
        SendOutcome::Accepted { .. } | SendOutcome::NotSent { .. } => panic!("{outcome:?}"),
    }
}

#[test]
fn each_fault_is_understood_by_each_gateway() {
    let message = message("010********");
    for account in FakeAccount::ALL {
        for fault in Fault::ALL {
            let faults = FaultRates::default().with(fault, 1_000);
            let (mut fake, gateway) = fake(account, FakeBehaviour { faults, ..FakeBehaviour::default() });
            let mut accepted_with = BTreeSet::new();
            for id in 0..40 {
                let before = fake.accepted().len();
                let answer = fake.handle(NOW, &request(&gateway, &message, id));
                accepted_with.insert(fake.accepted().len() - before);
                let FakeReply::Answer(read) = &answer.what else {
                    let expected = match fault {
                        Fault::ResetBeforeReading | Fault::ResetAfterAccepting => FakeReply::Reset,
                        Fault::Hang => FakeReply::Hang,
                        Fault::Drip => answer.what.clone(),
                        other => panic!("{other:?}"),
                    };
                    assert_eq!(answer.what, expected);
                    continue;
                };
                let outcome = gateway.read_answer(read);
                let expected = match fault {
                    Fault::Throttled => Some(RefusalClass::Throttled),
                    Fault::Retry | Fault::Status503 => Some(RefusalClass::Retry),
                    Fault::Rejected => Some(RefusalClass::Rejected),
                    Fault::Configuration => Some(RefusalClass::Configuration),
                    Fault::Balance if account == FakeAccount::Mas => Some(RefusalClass::Configuration),
                    Fault::Balance => Some(RefusalClass::Balance),
                    Fault::Nonsense | Fault::HugeBody | Fault::Status500 | Fault::Status502 => None,
                    Fault::LateAnswer => {
                        assert!(matches!(outcome, SendOutcome::Accepted { .. }));
                        assert_eq!(answer.after, Millis(90_000));
                        continue;
                    }
                    other => panic!("{other:?}: {answer:?}"),
                };
                assert_eq!(class(&outcome), expected, "{account:?}, {fault:?}: {outcome:?}");
            }
            let expected: &[usize] = match fault {
                Fault::ResetAfterAccepting | Fault::LateAnswer | Fault::Drip => &[1],
                Fault::Nonsense | Fault::HugeBody | Fault::Status500 | Fault::Status502 => &[0, 1],
                _ => &[0],
            };
            assert_eq!(accepted_with.into_iter().collect::<Vec<_>>(), expected, "{account:?}, {fault:?}");
            assert_eq!(fake.faults().get(&fault), Some(&40));
        }
    }
}

#[test]
fn receipts_come_late_twice_and_before_the_answer_and_are_read() {
    for account in FakeAccount::ALL {
        let behaviour = FakeBehaviour { receipts: ReceiptRates::BAD, ..FakeBehaviour::default() };
        let (mut fake, gateway) = fake(account, behaviour);
        let message = message("010********");
        for id in 0..300 {
            fake.handle(NOW, &request(&gateway, &message, id));
        }
        let mut read = Vec::new();
        let (mut early, mut late) = (0, 0);
        while let Some(at) = fake.next_receipt() {
            assert!(fake.receipts_due(Instant(at.0 - 1)).is_empty());
            for post in fake.receipts_due(at) {
                early += usize::from(at == NOW);
                late += usize::from(at > NOW + Millis(120_000));
                let has_url =
                    matches!(account, FakeAccount::Huawei | FakeAccount::HuaweiWsse | FakeAccount::Yunpian);
                assert_eq!(post.url.as_deref(), has_url.then_some(RECEIPT_URL));
                read.extend(gateway.read_receipts(&post.content_type, &post.body).unwrap());
            }
        }
        let ids: BTreeSet<&str> = read.iter().map(|receipt| receipt.gateway_id.as_str()).collect();
        let known: BTreeSet<&str> =
            fake.accepted().iter().map(|accepted| accepted.gateway_id.as_str()).collect();
        assert_eq!(known.len(), 300);
        assert!(ids.is_subset(&known) && ids.len() < 300 && read.len() > ids.len(), "{account:?}");
        assert!(early > 10 && late > 5, "{account:?}: {early}, {late}");
        let failed = read.iter().filter(|receipt| !receipt.is_delivered).count();
        assert!((5..60).contains(&failed), "{account:?}: {failed}");
        for receipt in &read {
            let accepted =
                fake.accepted().iter().find(|accepted| accepted.gateway_id == receipt.gateway_id).unwrap();
            assert_eq!(receipt.to.as_deref(), Some("13800138000"));
            assert!(receipt.our_id.is_none() || receipt.our_id == accepted.our_id);
        }
    }
}

#[test]
fn a_number_gets_so_many_a_day() {
    let message = message("010********");
    let behaviour = FakeBehaviour { number_day_max: Some(50), ..FakeBehaviour::default() };
    let (mut fake, gateway) = fake(FakeAccount::Yunpian, behaviour);
    let mut send = |at: Instant, id| match fake.handle(at, &request(&gateway, &message, id)).what {
        FakeReply::Answer(answer) => gateway.read_answer(&answer),
        other => panic!("{other:?}"),
    };
    assert!((0..50).all(|id| matches!(send(NOW, id), SendOutcome::Accepted { .. })));
    assert_eq!(class(&send(NOW, 50)), Some(RefusalClass::Throttled));
    assert!(matches!(send(NOW + Millis::seconds(24 * 3_600), 51), SendOutcome::Accepted { .. }));
}

#[test]
fn a_seed_behaves_the_same_and_faults_come_at_their_rate() {
    let message = message("010********");
    let run = |seed| {
        let behaviour = FakeBehaviour {
            faults: FaultRates::each_per_mille(50),
            receipts: ReceiptRates::BAD,
            huge_bytes: 100_000,
            ..FakeBehaviour::default()
        };
        let account = FakeAccount::Generic;
        let mut fake = FakeGateway::new(account, behaviour, seed);
        let gateway = account.gateway(URL, &[]);
        let answers: Vec<_> =
            (0..2_000).map(|id| fake.handle(NOW, &request(&gateway, &message, id))).collect();
        (answers, fake)
    };
    let (answers, fake) = run(1);
    assert!(answers == run(1).0 && answers != run(2).0);
    for fault in Fault::ALL {
        let count = fake.faults().get(&fault).copied().unwrap_or_default();
        assert!((60..140).contains(&count), "{fault:?}: {count}");
    }
}
