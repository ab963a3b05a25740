//! The caller is asked for keys: to choose from a menu, to dial an extension, or to enter a number.

use super::context::Context;
use super::digit_input::{DigitInput, DigitMatch, Outcome, match_length, match_one_of};
use super::transition::{Exit, Next, StageEvent, Transition};
use crate::hotline::flow::{Ask, Node, NodeKind};
use serde::{Deserialize, Serialize};
use std::ops::Bound;

/// How far the asking got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Menu {
    #[serde(rename = "keys")]
    input: DigitInput,
}

impl Menu {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some((node, ask)) = asked(cx) else { return Next::Go(Transition::exit("invalid")) };
        let (input, outcome) = DigitInput::ask(ask, |digits| fit(node, ask, digits), cx);
        Self { input }.after(outcome, cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        let Some((node, ask)) = asked(cx) else { return Next::Go(Transition::exit("invalid")) };
        let outcome = self.input.on(event, ask, |digits| fit(node, ask, digits), cx);
        self.after(outcome, cx)
    }

    fn after(self, outcome: Outcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            Outcome::Asking => Next::Stay(self),
            Outcome::Invalid => Next::Go(Transition::exit("invalid")),
            Outcome::Timeout => Next::Go(Transition::exit("timeout")),
            Outcome::Answer(digits) => Next::Go(answered(digits, cx)),
        }
    }
}

fn asked<'a>(cx: &Context<'a>) -> Option<(&'a Node, &'a Ask)> {
    let node = cx.node()?;
    match &node.kind {
        NodeKind::Menu(ask) | NodeKind::Extension(ask) => Some((node, ask)),
        NodeKind::Collect(collect) => Some((node, &collect.ask)),
        NodeKind::Hours { .. }
        | NodeKind::Area { .. }
        | NodeKind::Access(_)
        | NodeKind::Play(_)
        | NodeKind::Group(_)
        | NodeKind::Queue(_)
        | NodeKind::Voicemail(_)
        | NodeKind::Survey(_)
        | NodeKind::VerifyCode(_)
        | NodeKind::Set(_)
        | NodeKind::Goto
        | NodeKind::HangUp { .. } => None,
    }
}

fn fit(node: &Node, ask: &Ask, digits: &str) -> DigitMatch {
    if matches!(node.kind, NodeKind::Collect(_)) {
        return match_length(digits, ask);
    }
    let from = (Bound::Included(digits), Bound::Unbounded);
    let begin_so = node.exits.range::<str, _>(from).map(|(exit, _)| &**exit);
    match_one_of(digits, begin_so.take_while(|exit| exit.starts_with(digits)).filter(|exit| is_keys(exit)))
}

/// Whether the name of an exit is keys to press.
fn is_keys(exit: &str) -> bool {
    exit.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#')
}

fn answered(digits: String, cx: &mut Context) -> Transition {
    let Some(NodeKind::Collect(collect)) = cx.node().map(|node| &node.kind) else {
        let because = ["the caller keyed ", &digits].concat().into();
        return Transition::Exit { exit: Exit::Named(digits.into()), because };
    };
    let because = format!("{} digits were keyed", digits.len()).into();
    cx.state.record_fields.entered.insert(collect.name.clone(), digits);
    Transition::Exit { exit: Exit::Fixed("done"), because }
}
