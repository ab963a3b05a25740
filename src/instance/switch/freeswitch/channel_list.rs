//! The switch's list of channels (`show channels as json`), from which calls are found again after the link
//! was away.

use super::decode_event;
use hotlined_core::event::{LegState, LiveLeg};
use hotlined_core::id::{LegId, SwitchId};
use hotlined_core::number;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Listing<'a> {
    /// Always there, and alone where there are no channels: what lacks it is something else, and to take it for
    /// an empty list would end every call.
    #[serde(rename = "row_count")]
    _row_count: u64,
    #[serde(borrow, default)]
    rows: Vec<Row<'a>>,
}

/// The columns we read. What a caller wrote is among them, so each may hold anything.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    uuid: Cow<'a, str>,
    #[serde(borrow, default)]
    direction: Cow<'a, str>,
    #[serde(borrow, default)]
    state: Cow<'a, str>,
    #[serde(borrow, default)]
    callstate: Cow<'a, str>,
    #[serde(borrow, default)]
    cid_num: Cow<'a, str>,
    #[serde(borrow, default)]
    dest: Cow<'a, str>,
    #[serde(borrow, default)]
    initial_dest: Cow<'a, str>,
    #[serde(borrow, default)]
    application: Cow<'a, str>,
    #[serde(borrow, default)]
    presence_data: Cow<'a, str>,
}

/// A list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the switch's list of channels cannot be read: {0}")]
pub struct BadListing(#[from] serde_json::Error);

/// All legs of the switch. A row without a usable name is passed over: it can be none of ours.
pub fn legs(switch: &SwitchId, body: &[u8]) -> Result<Vec<LiveLeg>, BadListing> {
    // A caller's name in another coding than UTF-8 must not hide every other leg.
    let text = String::from_utf8_lossy(body);
    let listing: Listing = serde_json::from_str(&text)?;
    Ok(listing.rows.iter().filter_map(|row| live_leg(switch, row)).collect())
}

fn live_leg(switch: &SwitchId, row: &Row) -> Option<LiveLeg> {
    let leg: LegId = row.uuid.parse().ok()?;
    let of = row.presence_data.parse().ok();
    let state = state(row, of.is_some());
    let is_back = row.state == decode_event::PARKED_BY_ITSELF;
    let is_for_us = number::hotline(&row.dest).is_some();
    // Who is back from a talk that nobody knows of any more is served by the fallback, which the talk's end has set.
    let waits = of.is_none() && state == LegState::Parked && is_for_us && !is_back;
    let answered = matches!(&*row.callstate, "ACTIVE" | "HELD" | "UNHELD");
    let arrival =
        waits.then(|| decode_event::arrival(switch, leg.clone(), &row.dest, &row.cid_num, answered));
    Some(LiveLeg { leg, caller_leg: of, state, answered, arrival })
}

/// `application` is the last one that ran on the leg, which says little: a `set` of ours stands there as well as
/// the dialplan's tone. A caller who is still where he was dialled to has not been sent to the fallback; one who was,
/// and is parked by the switch itself, was joined out of it, and the talk is over.
fn state(row: &Row, is_ours: bool) -> LegState {
    let is_caller = row.direction == "inbound" && number::hotline(&row.initial_dest).is_some();
    // Behind a talk the last application is still the bridge.
    let is_parked = row.state == decode_event::PARKED_BY_ITSELF;
    let is_joined = matches!(&*row.application, "uuid_bridge" | "bridge") || BRIDGED.contains(&&*row.state);
    if is_joined && !is_parked {
        LegState::Bridged
    } else if is_caller && (is_parked || row.dest == row.initial_dest)
        || is_ours && OF_AGENTS.contains(&&*row.application)
    {
        LegState::Parked
    } else if is_ours && row.callstate != "ACTIVE" {
        LegState::Ringing
    } else {
        LegState::Elsewhere
    }
}

/// What an agent's leg does that waits for its caller, or is told who calls.
const OF_AGENTS: [&str; 2] = ["park", "playback"];

/// Channel states of legs that hear each other.
const BRIDGED: [&str; 3] = ["CS_EXCHANGE_MEDIA", "CS_SOFT_EXECUTE", "CS_HIBERNATE"];
