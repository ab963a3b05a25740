//! Decodes the switch's list of channels (`show channels as json`). From this list, calls are continued when the link
//! is up again.

use super::decode_event;
use hotlined_core::event::{LegState, LiveLeg};
use hotlined_core::id::{LegId, SwitchId};
use hotlined_core::number;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct ChannelList<'a> {
    /// Always present; without channels, it is the only field. A body without it is no list of channels: reading it as
    /// an empty list would end every call.
    #[serde(rename = "row_count")]
    _row_count: u64,
    #[serde(borrow, default)]
    rows: Vec<Row<'a>>,
}

/// The columns that are read. Callers control some of them, so each may contain any text.
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

/// The list of channels cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the switch's list of channels cannot be read: {0}")]
pub struct InvalidChannelList(#[from] serde_json::Error);

/// All legs of the switch. A row without a valid leg id is skipped: it cannot be a leg of a hotline call.
///
/// # Errors
///
/// If the body is no list of channels.
pub fn legs(switch: &SwitchId, body: &[u8]) -> Result<Vec<LiveLeg>, InvalidChannelList> {
    // A caller's name in an encoding other than UTF-8 must not hide all other legs.
    let text = String::from_utf8_lossy(body);
    let list: ChannelList = serde_json::from_str(&text)?;
    Ok(list.rows.iter().filter_map(|row| live_leg(switch, row)).collect())
}

fn live_leg(switch: &SwitchId, row: &Row) -> Option<LiveLeg> {
    let leg: LegId = row.uuid.parse().ok()?;
    let of = row.presence_data.parse().ok();
    let state = state(row, of.is_some());
    let is_back_from_talk = row.state == decode_event::PARKED_BY_ITSELF;
    let is_for_us = number::hotline(&row.dest).is_some();
    // A caller who is back from a talk of a forgotten call is served by the fallback, whose timer the end of the talk
    // has set.
    let is_arrival = of.is_none() && state == LegState::Parked && is_for_us && !is_back_from_talk;
    let answered = matches!(&*row.callstate, "ACTIVE" | "HELD" | "UNHELD");
    let arrival =
        is_arrival.then(|| decode_event::arrival(switch, leg.clone(), &row.dest, &row.cid_num, answered));
    Some(LiveLeg { leg, caller_leg: of, state, answered, arrival })
}

/// The state of a leg. `application` is the last application that ran on the leg, which says little: it may be a `set`
/// of the daemon or the tone of the dialplan. A caller whose destination is unchanged has not been transferred to the
/// fallback. A caller who was transferred there and is parked by the switch itself was bridged out of the fallback, and
/// the talk is over.
fn state(row: &Row, is_ours: bool) -> LegState {
    let is_caller = row.direction == "inbound" && number::hotline(&row.initial_dest).is_some();
    // After a talk, the last application is still the bridge.
    let is_parked = row.state == decode_event::PARKED_BY_ITSELF;
    let is_bridged = matches!(&*row.application, "uuid_bridge" | "bridge") || BRIDGED.contains(&&*row.state);
    if is_bridged && !is_parked {
        LegState::Bridged
    } else if is_caller && (is_parked || row.dest == row.initial_dest)
        || is_ours && AGENT_APPLICATIONS.contains(&&*row.application)
    {
        LegState::Parked
    } else if is_ours && row.callstate != "ACTIVE" {
        LegState::Ringing
    } else {
        LegState::Elsewhere
    }
}

/// The applications on an agent's leg that waits for its caller, or hears the whisper.
const AGENT_APPLICATIONS: [&str; 2] = ["park", "playback"];

/// The channel states of bridged legs.
const BRIDGED: [&str; 3] = ["CS_EXCHANGE_MEDIA", "CS_SOFT_EXECUTE", "CS_HIBERNATE"];
