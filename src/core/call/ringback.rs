//! The ringback: what the caller hears while agents are rung. The first of the business's sounds that fits the hour
//! and the caller's location.

use super::context::Context;
use crate::hotline::ringback::{RingbackRule, Ringbacks};
use crate::prompt::Prompt;
use std::cell::OnceCell;

pub(super) fn choose(ringbacks: &Ringbacks, cx: &Context) -> Prompt {
    let place = OnceCell::new();
    let fits = |rule: &&RingbackRule| {
        rule.hours.as_ref().is_none_or(|hours| cx.is_in_hours(hours))
            && rule.area.as_ref().is_none_or(|area| area.contains(place.get_or_init(|| cx.caller_location())))
    };
    let rule = ringbacks.rules.iter().find(fits);
    rule.map_or_else(|| ringbacks.otherwise.clone(), |rule| rule.prompt.clone())
}
