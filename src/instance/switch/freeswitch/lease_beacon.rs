//! The announcement which daemon is active at a switch: a `CUSTOM` event that daemons send through the switch.
//! FreeSWITCH sends the event to every client that has subscribed to its subclass, also to the sender (seen on
//! 1.10.12, plain and JSON).

use crate::switch::lease_token::LeaseToken;
use hotlined_esl::argument::Argument;
use hotlined_esl::event::EslEvent;
use hotlined_esl::request::Request;
use hotlined_esl::vocabulary::{HeaderName, Subclass};

/// The subclass of the event.
pub const SUBCLASS: Subclass = Subclass::literal("hotlined::acts");
const DAEMON: &str = "Hotlined-Daemon";
const TOKEN: &str = "Hotlined-Token";

/// The request that announces this token to every daemon.
pub(super) fn announcement(token: &LeaseToken) -> Request {
    let header = |name, value| (HeaderName::new(name).expect("a valid header name"), value);
    let headers = vec![
        header(DAEMON, Argument::new().untrusted(token.daemon())),
        header(TOKEN, Argument::new().number(token.number())),
    ];
    Request::SendEvent { subclass: SUBCLASS, headers }
}

/// The token that an event announces; none if the event is another event, or is malformed.
pub(super) fn announced_token(event: &EslEvent) -> Option<LeaseToken> {
    let is_ours = &*event.name() == b"CUSTOM" && event.get("Event-Subclass")? == SUBCLASS.as_str().as_bytes();
    let number = event.text(TOKEN).filter(|_| is_ours)?.parse().ok()?;
    Some(LeaseToken::new(&event.text(DAEMON)?, number))
}
