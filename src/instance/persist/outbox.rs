//! What leaves the daemon because of a call: records, and whatever else is to be delivered somewhere.
//!
//! A [`Delivery`] is kept in the same turn as the call that gave rise to it. It is handed to the deliverer of its kind,
//! and taken out when that one says that it is done. A delivery that is put in twice is one delivery.
//!
//! A new kind of delivery is a row of [`DeliveryKind`] and a deliverer. Whatever keeps, hands over and strikes
//! deliveries treats all kinds alike, also kinds that a later version put in.
//!
//! Pure: no file, no network, no clock.

use hotlined_core::command::Command;
use hotlined_core::id::{CallId, SwitchId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of the kind of call records.
pub const RECORD: &str = "record";

/// A kind of delivery.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryKind {
    /// Its name: no space in it.
    pub name: &'static str,
    /// The deliveries of this kind that follow from a command.
    pub deliveries_of: fn(&Command) -> Vec<(SwitchId, Delivery)>,
}

impl DeliveryKind {
    /// Every kind there is.
    pub const ALL: &[Self] = &[Self { name: RECORD, deliveries_of: record_deliveries }];
}

/// A call record goes to the file of records, as a line of JSON.
fn record_deliveries(command: &Command) -> Vec<(SwitchId, Delivery)> {
    let Command::Record(record) = command else { return Vec::new() };
    // Only a type that has no JSON could fail here, and a record is none.
    let payload = serde_json::to_string(record).unwrap_or_default();
    vec![(record.switch.clone(), Delivery { id: DeliveryId::record(record.call.clone()), payload })]
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// What its deliverer needs to know.
    pub payload: String,
}

/// The name of a delivery: no other one has the same call, kind and recipient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The call that gave rise to it.
    pub call: CallId,
    /// Its kind.
    pub kind: Arc<str>,
    /// To whom it goes; empty where there is one recipient only.
    pub recipient: Arc<str>,
}

/// A text that names no delivery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a delivery: expected a call, or a call, a kind and a recipient")]
pub struct BadDeliveryId(String);

impl DeliveryId {
    /// The record of a call.
    pub fn record(call: CallId) -> Self {
        Self { call, kind: RECORD.into(), recipient: "".into() }
    }

    /// Whether it is the record of a call.
    pub fn is_record(&self) -> bool {
        *self.kind == *RECORD
    }
}

/// A record has the name of its call alone, as it had before there were other kinds.
impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_record() {
            return self.call.fmt(f);
        }
        write!(f, "{} {} {}", self.call, self.kind, self.recipient)
    }
}

impl FromStr for DeliveryId {
    type Err = BadDeliveryId;

    fn from_str(text: &str) -> Result<Self, BadDeliveryId> {
        let bad = || BadDeliveryId(text.chars().take(200).collect());
        let mut parts = text.splitn(3, ' ');
        let call = parts.next().unwrap_or_default().parse().map_err(|_| bad())?;
        match (parts.next(), parts.next()) {
            (None, _) => Ok(Self::record(call)),
            (Some(kind), Some(recipient)) if !kind.is_empty() => {
                Ok(Self { call, kind: kind.into(), recipient: recipient.into() })
            }
            (Some(_), _) => Err(bad()),
        }
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What was handed to deliverers and is not done.
#[derive(Debug, Default)]
pub struct Outbox {
    open: BTreeMap<DeliveryId, String>,
    /// Those that are done, and are still kept.
    done: Vec<DeliveryId>,
}

impl Outbox {
    /// Puts a delivery in. Gives it back where it is to be handed to its deliverer: not where it is there already.
    pub fn put(&mut self, delivery: Delivery) -> Option<Delivery> {
        if self.open.contains_key(&delivery.id) {
            return None;
        }
        self.open.insert(delivery.id.clone(), delivery.payload.clone());
        Some(delivery)
    }

    /// These were done by a daemon before us, and are still kept.
    pub fn add_done(&mut self, done: impl IntoIterator<Item = DeliveryId>) {
        self.done.extend(done);
    }

    /// The deliverer has done it.
    pub fn mark_done(&mut self, id: DeliveryId) {
        if self.open.remove(&id).is_some() {
            self.done.push(id);
        }
    }

    /// Takes out those that are done: they are to be kept no longer.
    pub fn take_done(&mut self) -> Vec<DeliveryId> {
        std::mem::take(&mut self.done)
    }

    /// Whether some are done that are still kept.
    pub fn has_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether some are not done yet, or are still kept.
    pub fn has_work(&self) -> bool {
        !self.open.is_empty() || !self.done.is_empty()
    }

    /// Everything that is not done.
    pub fn open(&self) -> impl Iterator<Item = Delivery> {
        self.open.iter().map(|(id, payload)| Delivery { id: id.clone(), payload: payload.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toy(recipient: &str) -> Delivery {
        let id = DeliveryId { call: "c".parse().unwrap(), kind: "toy".into(), recipient: recipient.into() };
        Delivery { id, payload: "{}".to_owned() }
    }

    #[test]
    fn a_delivery_that_is_put_in_twice_is_one() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(toy("owner")), Some(toy("owner")));
        assert_eq!(outbox.put(toy("owner")), None);
        assert_eq!(outbox.put(toy("agent 01")), Some(toy("agent 01")));
        outbox.mark_done(toy("owner").id);
        outbox.mark_done(toy("owner").id);
        assert_eq!(outbox.open().collect::<Vec<_>>(), [toy("agent 01")]);
        assert_eq!(outbox.take_done(), [toy("owner").id]);
        assert!(outbox.has_work() && !outbox.has_done());
    }

    #[test]
    fn a_name_is_read_as_it_was_written_and_a_record_has_that_of_its_call() {
        let record = DeliveryId::record("c".parse().unwrap());
        assert_eq!(record.to_string(), "c");
        for id in [record, toy("").id, toy("a recipient with spaces").id] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for bad in ["", "c kind", "c  x", "two words"] {
            assert!(bad.parse::<DeliveryId>().is_err(), "{bad}");
        }
    }
}
