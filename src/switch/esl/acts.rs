//! Who acts for a switch, as it is said there and heard: a `CUSTOM` event of our own, which FreeSWITCH hands to
//! everybody who asked for its subclass, also to who sent it (seen on 1.10.12, plain and JSON; its answer to
//! `sendevent` is `+OK` and the event's name).

use super::event::EslEvent;
use crate::switch::claim::Claim;
use bytes::{BufMut, BytesMut};

/// The event's subclass.
pub(super) const SUBCLASS: &str = "hotlined::acts";
const DAEMON: &str = "Hotlined-Daemon";
const TOKEN: &str = "Hotlined-Token";

/// Writes the request that says it, but for the empty line at its end.
pub(super) fn put(target: &mut BytesMut, claim: &Claim) {
    let (daemon, token) = (claim.daemon(), claim.token());
    let said = format!("sendevent CUSTOM\nEvent-Subclass: {SUBCLASS}\n{DAEMON}: {daemon}\n{TOKEN}: {token}");
    target.put_slice(said.as_bytes());
}

/// What the event says of who acts, if it is about that and can be read.
pub(super) fn heard(event: &EslEvent) -> Option<Claim> {
    let is_ours = &*event.name() == b"CUSTOM" && event.get("Event-Subclass")? == SUBCLASS.as_bytes();
    let token = event.text(TOKEN).filter(|_| is_ours)?.parse().ok()?;
    Some(Claim::new(&event.text(DAEMON)?, token))
}
