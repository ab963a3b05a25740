//! The outbox: what leaves the daemon because of a call, such as call records.
//!
//! A [`Delivery`] is saved in the same turn as the call that caused it. It goes to the deliverer of its kind, and
//! leaves the outbox when the deliverer has done it. A delivery that is put in twice is one delivery.
//!
//! A new kind of delivery is a row of [`DeliveryKind`](super::delivery_kind::DeliveryKind) and a deliverer. The code that saves, hands over and deletes
//! deliveries treats all kinds alike, also kinds that a later version put in.
//!
//! Pure: no file, no network, no clock.

use hotlined_core::id::CallId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of the kind of call records.
pub const RECORD: &str = "record";

/// The name of the kind of messages by SMS.
pub const MESSAGE: &str = "message";

/// Something to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// What the deliverer needs.
    pub payload: String,
}

/// The id of a delivery: no other delivery has the same call, kind and recipient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The call that caused the delivery.
    pub call: CallId,
    /// Its kind.
    pub kind: Arc<str>,
    /// The recipient; empty if the kind has one recipient only.
    pub recipient: Arc<str>,
}

/// A text that is no id of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a delivery: expected a call, or a call, a kind and a recipient")]
pub struct BadDeliveryId(String);

impl DeliveryId {
    /// The id of a call's record.
    pub fn record(call: CallId) -> Self {
        Self { call, kind: RECORD.into(), recipient: "".into() }
    }

    /// The id as a log may have it: the number that a message goes to is masked.
    pub fn masked(&self) -> String {
        let Self { call, kind, recipient } = self;
        match recipient.rsplit_once(' ') {
            Some((template, number)) if self.is_message() => {
                format!("{call} {kind} {template} {}", hotlined_core::number::masked(number))
            }
            Some(_) | None => self.to_string(),
        }
    }

    /// Whether this is the id of a message by SMS.
    pub fn is_message(&self) -> bool {
        *self.kind == *MESSAGE
    }

    /// Whether this is the id of a call's record.
    pub fn is_record(&self) -> bool {
        *self.kind == *RECORD
    }
}

/// A record has the id of its call alone, as before there were other kinds.
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

/// The deliveries that deliverers have and have not done.
#[derive(Debug, Default)]
pub struct Outbox {
    open: BTreeMap<DeliveryId, String>,
    /// The deliveries that are done and still saved.
    done: Vec<DeliveryId>,
}

impl Outbox {
    /// Puts a delivery in. Returns it if it has to go to its deliverer: not if it is in already.
    pub fn put(&mut self, delivery: Delivery) -> Option<Delivery> {
        if self.open.contains_key(&delivery.id) {
            return None;
        }
        self.open.insert(delivery.id.clone(), delivery.payload.clone());
        Some(delivery)
    }

    /// Adds deliveries that a daemon before this one did, and that are still saved.
    pub fn add_done(&mut self, done: impl IntoIterator<Item = DeliveryId>) {
        self.done.extend(done);
    }

    /// The deliverer has done this delivery.
    pub fn mark_done(&mut self, id: DeliveryId) {
        if self.open.remove(&id).is_some() {
            self.done.push(id);
        }
    }

    /// Takes out the deliveries that are done: they need not be saved any more.
    pub fn take_done(&mut self) -> Vec<DeliveryId> {
        std::mem::take(&mut self.done)
    }

    /// Whether deliveries are done that are still saved.
    pub fn has_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether deliveries are not done yet, or still saved.
    pub fn has_work(&self) -> bool {
        !self.open.is_empty() || !self.done.is_empty()
    }

    /// The deliveries that are not done.
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
    fn a_log_shows_no_number_of_a_message() {
        let message = DeliveryId { kind: MESSAGE.into(), ..toy("missed 13900000009").id };
        let masked = message.masked();
        assert!(masked.starts_with("c ") && masked.ends_with("missed 139*****009"), "{masked}");
        assert_eq!(toy("owner 01").id.masked(), "c toy owner 01");
        let record = DeliveryId::record("c".parse().unwrap());
        assert_eq!(record.masked(), record.to_string());
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
