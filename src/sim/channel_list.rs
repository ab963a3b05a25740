//! The table of channels that `show channels` prints. FreeSWITCH fills it aside, from its own events: what it shows
//! may be behind what happens (seen on 1.10.12: 274 ms to appear, 254 ms to go).

use super::channel::{Channel, Direction, Uuid};
use super::model::SwitchModel;
use super::switch_event::Dates;
use hotlined_core::time::{Instant, Millis};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The table, and what has not reached it yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: BTreeMap<Uuid, Row>,
    changes: VecDeque<(Instant, Uuid, Option<Row>)>,
}

/// What of a channel the table shows.
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

impl Table {
    /// Every channel is gone.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl SwitchModel {
    /// The channel changed, or is no more.
    pub(super) fn table_follows(&mut self, uuid: &Uuid) {
        let (least, most) = self.setup.channel_list_lag_ms;
        if most == 0 {
            return;
        }
        let lag = Millis(self.chance.between(least, most));
        let newest = self.table.changes.back().map_or(self.now, |(at, ..)| *at);
        let row = self.channels.get(uuid).map(Row::of);
        self.table.changes.push_back((newest.max(self.now + lag), uuid.clone(), row));
    }

    /// The rows as they stand in the table now.
    pub(super) fn table(&mut self) -> Vec<Value> {
        if self.setup.channel_list_lag_ms.1 == 0 {
            return self.channels.values().map(|channel| Row::of(channel).shown()).collect();
        }
        while let Some((_, uuid, row)) = self.table.changes.pop_front_if(|(at, ..)| *at <= self.now) {
            match row {
                Some(row) => self.table.rows.insert(uuid, row),
                None => self.table.rows.remove(&uuid),
            };
        }
        self.table.rows.values().map(Row::shown).collect()
    }
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
            media: channel.media(),
            number: channel.number.clone(),
            destination: channel.destination.clone(),
            dialled: channel.dialled.clone(),
            application: variable("current_application"),
            data: variable("current_application_data"),
            presence: variable("presence_data"),
            call,
        }
    }

    fn shown(&self) -> Value {
        let codec = |value: &'static str| if self.inbound || self.media { value } else { "" };
        let inbound = |value: &'static str| if self.inbound { value } else { "" };
        let outbound = |value: &str| if self.inbound { String::new() } else { value.to_owned() };
        let context = if self.inbound { "public" } else { "default" };
        let name = if self.inbound { self.number.as_str() } else { "" };
        json!({
            "uuid": &*self.uuid,
            "direction": self.direction,
            "created": Dates::stamp(self.created),
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
