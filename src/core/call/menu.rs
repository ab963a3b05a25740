//! The caller is asked for keys: to choose from a menu, to dial an extension, or to enter a number. The keys decide
//! where the flow goes on.

use super::context::Context;
use super::digit_input::{DigitInput, DigitMatch, InputOutcome, match_length, match_one_of};
use super::transition::{Exit, Next, StageEvent, Transition};
use crate::hotline::flow::{Ask, Node, NodeKind};
use serde::{Deserialize, Serialize};
use std::ops::Bound;

/// The stage while the caller is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Menu {
    #[serde(rename = "keys")]
    input: DigitInput,
}

impl Menu {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some((node, ask)) = input_node(cx) else { return Next::Go(Transition::exit("invalid")) };
        let (input, outcome) = DigitInput::ask(ask, |digits| match_digits(node, ask, digits), cx);
        Self { input }.after_input(outcome, cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        let Some((node, ask)) = input_node(cx) else { return Next::Go(Transition::exit("invalid")) };
        let outcome = self.input.on(event, ask, |digits| match_digits(node, ask, digits), cx);
        self.after_input(outcome, cx)
    }

    fn after_input(self, outcome: InputOutcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            InputOutcome::Pending => Next::Stay(self),
            InputOutcome::Invalid => Next::Go(Transition::exit("invalid")),
            InputOutcome::Timeout => Next::Go(Transition::exit("timeout")),
            InputOutcome::Answer(digits) => Next::Go(exit_for(digits, cx)),
        }
    }
}

fn input_node<'a>(cx: &Context<'a>) -> Option<(&'a Node, &'a Ask)> {
    let node = cx.node()?;
    Some((node, node.kind.ask()?))
}

fn match_digits(node: &Node, ask: &Ask, digits: &str) -> DigitMatch {
    if matches!(node.kind, NodeKind::Collect(_)) {
        return match_length(digits, ask);
    }
    let from = (Bound::Included(digits), Bound::Unbounded);
    let candidates = node.exits.range::<str, _>(from).map(|(exit, _)| &**exit);
    match_one_of(digits, candidates.take_while(|exit| exit.starts_with(digits)).filter(|exit| is_keys(exit)))
}

/// Whether the name of an exit consists of keys.
fn is_keys(exit: &str) -> bool {
    exit.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#')
}

fn exit_for(digits: String, cx: &mut Context) -> Transition {
    let Some(NodeKind::Collect(collect)) = cx.node().map(|node| &node.kind) else {
        let reason = ["the caller keyed ", &digits].concat().into();
        return Transition::Exit { exit: Exit::Named(digits.into()), reason };
    };
    let reason = format!("{} digits were keyed", digits.len()).into();
    cx.state.record_fields.entered.insert(collect.name.clone(), digits);
    Transition::Exit { exit: Exit::Fixed("done"), reason }
}
