//! The list of channels that `show channels` prints.
//!
//! FreeSWITCH fills this list in a separate thread from its own events, so the list lags behind the channels (seen on
//! 1.10.12: 274 ms until a channel appears, 254 ms until it disappears).

use super::channel::{Channel, Direction, Uuid};
use super::switch_event::DateCache;
use hotlined_core::time::Instant;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The rows that `show channels` prints, and the changes that have not reached them yet.
#[derive(Clone, Debug, Default)]
pub(super) struct ChannelList {
    rows: BTreeMap<Uuid, Row>,
    changes: VecDeque<(Instant, Uuid, Option<Row>)>,
}

/// What the list shows of one channel.
#[derive(Clone, Debug)]
struct Row {
    uuid: Uuid,
    inbound: bool,
    direction: &'static str,
    created: Instant,
    name: String,
    state: &'static str,
    call_state: &'static str,
    media: bool,
    number: String,
    destination: String,
    dialled: String,
    application: String,
    data: String,
    presence: String,
    call: String,
}

impl ChannelList {
    /// Forgets every channel.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Plans a change: from `at` on the list shows the channel as it is now, or shows it no more if it is gone. A
    /// change never overtakes an earlier one.
    pub fn add_change(&mut self, at: Instant, now: Instant, uuid: &Uuid, channel: Option<&Channel>) {
        let newest = self.changes.back().map_or(now, |(at, ..)| *at);
        self.changes.push_back((newest.max(at), uuid.clone(), channel.map(Row::of)));
    }

    /// The rows that the list shows at this time.
    pub fn rows(&mut self, now: Instant) -> Vec<Value> {
        while let Some((_, uuid, row)) = self.changes.pop_front_if(|(at, ..)| *at <= now) {
            match row {
                Some(row) => self.rows.insert(uuid, row),
                None => self.rows.remove(&uuid),
            };
        }
        self.rows.values().map(Row::to_json).collect()
    }
}

/// The row of a channel as it is now.
pub(super) fn row_of(channel: &Channel) -> Value {
    Row::of(channel).to_json()
}

impl Row {
    fn of(channel: &Channel) -> Self {
        let variable = |name: &str| channel.variable(name).unwrap_or_default().to_owned();
        let call = match (&channel.bridge, channel.originator) {
            (Some(peer), false) => peer.to_string(),
            (Some(_), true) => channel.uuid.to_string(),
            (None, _) => String::new(),
        };
        Self {
            uuid: channel.uuid.clone(),
            inbound: channel.direction == Direction::Inbound,
            direction: channel.direction.name(),
            created: channel.created,
            name: channel.name.clone(),
            state: channel.state.name(),
            call_state: channel.call_state.name(),
            media: channel.has_media(),
            number: channel.number.clone(),
            destination: channel.destination.clone(),
            dialled: channel.dialled.clone(),
            application: variable("current_application"),
            data: variable("current_application_data"),
            presence: variable("presence_data"),
            call,
        }
    }

    fn to_json(&self) -> Value {
        let codec = |value: &'static str| if self.inbound || self.media { value } else { "" };
        let inbound = |value: &'static str| if self.inbound { value } else { "" };
        let outbound = |value: &str| if self.inbound { String::new() } else { value.to_owned() };
        let context = if self.inbound { "public" } else { "default" };
        let name = if self.inbound { self.number.as_str() } else { "" };
        json!({
            "uuid": &*self.uuid,
            "direction": self.direction,
            "created": DateCache::format(self.created),
            "created_epoch": (self.created.0 / 1_000).to_string(),
            "name": self.name,
            "state": self.state,
            "cid_name": name,
            "cid_num": self.number,
            "ip_addr": inbound("127.0.0.1"),
            "dest": self.destination,
            "application": self.application,
            "application_data": self.data,
            "dialplan": inbound("XML"),
            "context": context,
            "read_codec": codec("PCMA"),
            "read_rate": codec("8000"),
            "read_bit_rate": codec("64000"),
            "write_codec": codec("PCMA"),
            "write_rate": codec("8000"),
            "write_bit_rate": codec("64000"),
            "secure": "",
            "hostname": "sim",
            "presence_id": "",
            "presence_data": self.presence,
            "accountcode": "",
            "callstate": self.call_state,
            "callee_name": outbound("Outbound Call"),
            "callee_num": outbound(&self.destination),
            "callee_direction": "",
            "call_uuid": self.call,
            "sent_callee_name": "",
            "sent_callee_num": "",
            "initial_cid_name": name,
            "initial_cid_num": self.number,
            "initial_ip_addr": inbound("127.0.0.1"),
            "initial_dest": self.dialled,
            "initial_dialplan": inbound("XML"),
            "initial_context": context,
        })
    }
}
