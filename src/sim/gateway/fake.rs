//! The fake gateway: it takes messages, fails as drawn, and sends receipts.

use super::account::FakeAccount;
use super::arrived::Arrived;
use super::fault::{Fault, FaultRates};
use super::protocol::{Problem, Submission, Trouble};
use super::receipt_plan::{ReceiptPost, ReceiptRates};
use crate::rng::Rng;
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::{HttpAnswer, HttpRequest};
use std::collections::{BTreeMap, BTreeSet};

const DAY: Millis = Millis::seconds(24 * 3_600);

/// How a fake gateway behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeBehaviour {
    /// How it fails.
    pub faults: FaultRates,
    /// How its receipts come.
    pub receipts: ReceiptRates,
    /// The shortest and the longest time until an answer.
    pub answer_after: (Millis, Millis),
    /// The time until an answer for which nobody waits any more.
    pub late_answer_after: Millis,
    /// The length of a huge answer.
    pub huge_bytes: usize,
    /// The most messages to one number within 24 hours, as Alibaba Cloud's 50.
    pub number_day_max: Option<usize>,
}

/// No faults, an answer within 200 ms, a receipt within 5 s.
impl Default for FakeBehaviour {
    fn default() -> Self {
        Self {
            faults: FaultRates::default(),
            receipts: ReceiptRates::default(),
            answer_after: (Millis(20), Millis(200)),
            late_answer_after: Millis(90_000),
            huge_bytes: 16 * 1024 * 1024,
            number_day_max: None,
        }
    }
}

/// A message that a fake gateway took: it would be on somebody's telephone now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMessage {
    /// The gateway's id.
    pub gateway_id: String,
    /// The sender's id, where the protocol has one.
    pub our_id: Option<String>,
    /// The number, without +86.
    pub to: String,
    /// The text, where the protocol has one.
    pub text: Option<String>,
    /// The gateway's id of the template, where the protocol has one.
    pub template: Option<String>,
    /// The variables of the template: by name, or by place from `1` on.
    pub params: Vec<(String, String)>,
    /// When.
    pub at: Instant,
}

/// What comes back for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeAnswer {
    /// After this time.
    pub after: Millis,
    /// What.
    pub what: FakeReply,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FakeReply {
    /// An answer.
    Answer(HttpAnswer),
    /// The connection is closed without an answer.
    Reset,
    /// Nothing, and the connection stays open.
    Hang,
    /// This answer, one byte a second.
    Drip(HttpAnswer),
}

/// A gateway, as its senders see it.
#[derive(Clone, Debug)]
pub struct FakeGateway {
    account: FakeAccount,
    behaviour: FakeBehaviour,
    rng: Rng,
    accepted: Vec<AcceptedMessage>,
    /// What was wrong with requests.
    wrong: BTreeMap<Problem, usize>,
    faults: BTreeMap<Fault, usize>,
    nonces: BTreeSet<String>,
    /// When messages went to a number.
    sent_to: BTreeMap<String, Vec<Instant>>,
    receipts: BTreeMap<(Instant, u64), ReceiptPost>,
    receipt_count: u64,
}

impl FakeGateway {
    /// A gateway. The same seed behaves the same.
    pub fn new(account: FakeAccount, behaviour: FakeBehaviour, seed: u64) -> Self {
        Self {
            account,
            behaviour,
            rng: Rng::new(seed),
            accepted: Vec::new(),
            wrong: BTreeMap::new(),
            faults: BTreeMap::new(),
            nonces: BTreeSet::new(),
            sent_to: BTreeMap::new(),
            receipts: BTreeMap::new(),
            receipt_count: 0,
        }
    }

    /// Whose protocol it speaks.
    pub fn account(&self) -> FakeAccount {
        self.account
    }

    /// Every message that it took, in order.
    pub fn accepted(&self) -> &[AcceptedMessage] {
        &self.accepted
    }

    /// What was wrong with requests, and how often. A sender without mistakes leaves this empty.
    pub fn wrong(&self) -> &BTreeMap<Problem, usize> {
        &self.wrong
    }

    /// The faults that came, and how often.
    pub fn faults(&self) -> &BTreeMap<Fault, usize> {
        &self.faults
    }

    /// Behaves otherwise from now on.
    pub fn set_behaviour(&mut self, behaviour: FakeBehaviour) {
        self.behaviour = behaviour;
    }

    /// A request arrives.
    pub fn handle(&mut self, now: Instant, request: &HttpRequest) -> FakeAnswer {
        let (shortest, longest) = self.behaviour.answer_after;
        let after = Millis(self.rng.between(shortest.0, longest.0));
        let fault = self.behaviour.faults.draw(&mut self.rng);
        if let Some(fault) = fault {
            *self.faults.entry(fault).or_default() += 1;
        }
        if fault == Some(Fault::ResetBeforeReading) {
            return FakeAnswer { after: Millis(0), what: FakeReply::Reset };
        }
        let answer = |answer| FakeAnswer { after, what: FakeReply::Answer(answer) };
        let protocol = self.account.protocol();
        let submission = match protocol.read(&Arrived::new(request), now).and_then(|read| self.once(read)) {
            Ok(submission) => submission,
            Err(problem) => {
                *self.wrong.entry(problem).or_default() += 1;
                return answer(protocol.wrong(problem));
            }
        };
        if self.has_enough(&submission.to, now) {
            return answer(protocol.refused(Trouble::Throttled));
        }
        let Some(fault) = fault else { return answer(self.accept(&submission, now)) };
        self.fail(fault, &submission, now, after)
    }

    /// What comes of a request that is right, and of this fault.
    fn fail(&mut self, fault: Fault, submission: &Submission, now: Instant, after: Millis) -> FakeAnswer {
        let protocol = self.account.protocol();
        let what = match fault {
            Fault::Throttled => {
                let retry_after = self.rng.percent(50).then_some(Millis::seconds(30));
                FakeReply::Answer(HttpAnswer { retry_after, ..protocol.refused(Trouble::Throttled) })
            }
            Fault::Retry => FakeReply::Answer(protocol.refused(Trouble::Retry)),
            Fault::Rejected => FakeReply::Answer(protocol.refused(Trouble::Rejected)),
            Fault::Configuration => FakeReply::Answer(protocol.refused(Trouble::Configuration)),
            Fault::Balance => FakeReply::Answer(protocol.refused(Trouble::Balance)),
            Fault::ResetBeforeReading => FakeReply::Reset,
            Fault::ResetAfterAccepting => {
                self.accept(submission, now);
                FakeReply::Reset
            }
            Fault::LateAnswer => {
                let answer = self.accept(submission, now);
                return FakeAnswer {
                    after: self.behaviour.late_answer_after,
                    what: FakeReply::Answer(answer),
                };
            }
            Fault::Hang => FakeReply::Hang,
            Fault::Nonsense => {
                self.maybe_accept(submission, now);
                FakeReply::Answer(self.nonsense())
            }
            Fault::HugeBody => {
                self.maybe_accept(submission, now);
                let body = vec![b' '; self.behaviour.huge_bytes];
                FakeReply::Answer(HttpAnswer { status: 200, retry_after: None, body })
            }
            Fault::Status500 => {
                self.maybe_accept(submission, now);
                FakeReply::Answer(HttpAnswer { status: 500, retry_after: None, body: Vec::new() })
            }
            Fault::Status502 => {
                self.maybe_accept(submission, now);
                FakeReply::Answer(page(502, None))
            }
            Fault::Status503 => {
                let retry_after = self.rng.percent(50).then_some(Millis::seconds(10));
                FakeReply::Answer(page(503, retry_after))
            }
            Fault::Drip => FakeReply::Drip(self.accept(submission, now)),
        };
        FakeAnswer { after, what }
    }

    /// The receipts whose time has come.
    pub fn receipts_due(&mut self, now: Instant) -> Vec<ReceiptPost> {
        let later = self.receipts.split_off(&(now + Millis(1), 0));
        std::mem::replace(&mut self.receipts, later).into_values().collect()
    }

    /// When the next receipt comes.
    pub fn next_receipt(&self) -> Option<Instant> {
        self.receipts.first_key_value().map(|((at, _), _)| *at)
    }

    /// Refuses a nonce that came before.
    fn once(&mut self, submission: Submission) -> Result<Submission, Problem> {
        let is_new = submission.nonce.as_ref().is_none_or(|nonce| self.nonces.insert(nonce.clone()));
        if is_new { Ok(submission) } else { Err(Problem::Replay) }
    }

    fn has_enough(&mut self, to: &str, now: Instant) -> bool {
        let Some(max) = self.behaviour.number_day_max else { return false };
        let Some(times) = self.sent_to.get_mut(to) else { return false };
        times.retain(|at| now.since(*at) < DAY);
        times.len() >= max
    }

    fn maybe_accept(&mut self, submission: &Submission, now: Instant) {
        if self.rng.percent(50) {
            self.accept(submission, now);
        }
    }

    /// Takes a message. The answer says so.
    fn accept(&mut self, submission: &Submission, now: Instant) -> HttpAnswer {
        // Unique, and a number, as Yunpian wants it.
        let gateway_id = format!("{}{:04}", self.accepted.len() + 1, self.rng.between(0, 9_999));
        let Submission { to, our_id, text, template, params, receipt_url, .. } = submission.clone();
        if self.behaviour.number_day_max.is_some() {
            self.sent_to.entry(to.clone()).or_default().push(now);
        }
        let protocol = self.account.protocol();
        let plan = self.behaviour.receipts.draw(now, &mut self.rng);
        for at in plan.at {
            let (content_type, body) = protocol.receipt(&gateway_id, submission, plan.is_delivered);
            self.receipt_count += 1;
            let post = ReceiptPost { url: receipt_url.clone(), content_type: content_type.to_owned(), body };
            self.receipts.insert((at, self.receipt_count), post);
        }
        let answer = protocol.accepted(&gateway_id, submission);
        self.accepted.push(AcceptedMessage { gateway_id, our_id, to, text, template, params, at: now });
        answer
    }

    fn nonsense(&mut self) -> HttpAnswer {
        let random: Vec<u8> =
            (0..self.rng.between(1, 40)).map(|_| self.rng.next_u64().to_le_bytes()[0]).collect();
        let bodies: [&[u8]; 6] =
            [b"", b"<html><body>ok</body></html>", b"{\"code\":", b"[[[[", b"null", &random];
        let body = self.rng.pick(&bodies).copied().unwrap_or_default().to_vec();
        HttpAnswer { status: 200, retry_after: None, body }
    }
}

fn page(status: u16, retry_after: Option<Millis>) -> HttpAnswer {
    let body = format!("<html><head><title>{status}</title></head></html>").into_bytes();
    HttpAnswer { status, retry_after, body }
}
