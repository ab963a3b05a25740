//! Which daemon acts for a switch, as daemons tell each other through the switch: a `CUSTOM` event of our own, which
//! FreeSWITCH hands to every client that asked for its subclass, also to the sender (seen on 1.10.12, plain and JSON).

use crate::switch::lease_token::Claim;
use hotlined_esl::argument::Argument;
use hotlined_esl::event::EslEvent;
use hotlined_esl::request::Request;
use hotlined_esl::vocabulary::{HeaderName, Subclass};

/// The event's subclass.
pub const SUBCLASS: Subclass = Subclass::literal("hotlined::acts");
const DAEMON: &str = "Hotlined-Daemon";
const TOKEN: &str = "Hotlined-Token";

/// The request that tells every daemon of this claim.
pub(super) fn request(claim: &Claim) -> Request {
    let header = |name, value| (HeaderName::new(name).expect("a name of our source code"), value);
    let headers = vec![
        header(DAEMON, Argument::new().outside(claim.daemon())),
        header(TOKEN, Argument::new().number(claim.token())),
    ];
    Request::SendEvent { subclass: SUBCLASS, headers }
}

/// The claim that an event tells of; none if the event is another one, or cannot be read.
pub(super) fn claim_of(event: &EslEvent) -> Option<Claim> {
    let is_ours = &*event.name() == b"CUSTOM" && event.get("Event-Subclass")? == SUBCLASS.as_str().as_bytes();
    let token = event.text(TOKEN).filter(|_| is_ours)?.parse().ok()?;
    Some(Claim::new(&event.text(DAEMON)?, token))
}
