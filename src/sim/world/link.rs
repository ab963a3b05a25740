//! A daemon's end of its line to the switch: conversation, decoder, and what may not be written yet.

use super::daemon::{Daemon, fnv};
use super::keeping::Keeping;
use super::line::PASSWORD;
use crate::event::Event;
use crate::hotline::BadDial;
use crate::id::SwitchId;
use crate::prompt::SoundPath;
use crate::sim::dialplan::FALLBACK;
use crate::switch::claim::Claim;
use crate::switch::esl::argument::Endpoint;
use crate::switch::esl::conversation::{self, Account, Conversation, Refusal};
use crate::switch::esl::event::Format;
use crate::switch::esl::late::Lateness;
use crate::switch::esl::liveness::{Liveness, Patience};
use crate::switch::esl::message::{Decoder, Message};
use crate::switch::esl::speak::{Fallback, Site};
use crate::switch::esl::vocabulary::Secret;
use crate::time::{Instant, Millis};
use bytes::BytesMut;

/// How long a connection may take until it is up (`switch.connect_timeout_s`).
pub const SETUP_TIME_MAX: Millis = Millis::seconds(5);
/// A daemon's end of a connection.
pub struct Talking {
    pub conversation: Conversation,
    decoder: Decoder,
    connected_at: Instant,
    liveness: Liveness,
    lateness: Lateness,
    /// What comes is no news any more: nothing more is said, and the line is given up.
    pub is_stale: bool,
    /// What is to be written, once it may.
    unwritten: BytesMut,
}

pub fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

fn site() -> Result<Site, String> {
    let endpoint = |text| Endpoint::new(text).map_err(|bad| bad.to_string());
    Ok(Site {
        trunk: "sofia/gateway/carrier/{number}".parse().map_err(|bad: BadDial| bad.to_string())?,
        fallback: Fallback {
            extension: endpoint(FALLBACK)?,
            dialplan: endpoint("XML")?,
            context: endpoint("public")?,
        },
        recordings: SoundPath::new("/rec").map_err(|bad| bad.to_string())?,
    })
}

impl Daemon {
    /// It connects.
    pub fn connect(&mut self, now: Instant, format: Format) -> Result<(), String> {
        // No two have the same names for what they order.
        let seed = match &self.keeping {
            Keeping::File(_) => now.0,
            Keeping::Redis(_) => fnv(now.0, &self.name),
        };
        let password = Secret::new(PASSWORD).map_err(|bad| bad.to_string())?;
        let account = Account { user: None, password };
        self.connects_at = None;
        let mut conversation = Conversation::new(switch(), site()?, account, format, seed);
        if let Some(token) = self.token() {
            conversation = conversation.claiming(Claim::new(&self.name, token));
        }
        self.talking = Some(Talking {
            conversation,
            decoder: Decoder::default(),
            connected_at: now,
            liveness: Liveness::new(now, Patience::default()),
            lateness: Lateness::default(),
            is_stale: false,
            unwritten: BytesMut::new(),
        });
        Ok(())
    }

    /// Whether it may write to the switch now.
    pub fn may_speak(&self, now: Instant) -> bool {
        match &self.keeping {
            Keeping::File(_) => !self.is_stale(),
            Keeping::Redis(shared) => !self.is_stale() && shared.gate().is_open(now),
        }
    }

    /// Whether what comes by its line is no news any more.
    pub(super) fn is_stale(&self) -> bool {
        self.talking.as_ref().is_some_and(|talking| talking.is_stale)
    }

    /// When it takes the connection for dead.
    pub fn gives_up_at(&self) -> Option<Instant> {
        let talking = self.talking.as_ref()?;
        Some(match talking.conversation.is_up() {
            true => talking.liveness.gives_up_at(),
            false => talking.connected_at + SETUP_TIME_MAX,
        })
    }

    /// What it asked is to be answered, where it could be said.
    pub fn looks(&mut self, now: Instant) {
        let may_ask = self.may_speak(now);
        if let Some(talking) = &mut self.talking {
            talking.liveness.owes(now, if may_ask { talking.conversation.unanswered() } else { 0 });
        }
    }

    /// When it asks whether the switch is there.
    pub fn knocks_at(&self, now: Instant) -> Option<Instant> {
        let talking = self.talking.as_ref()?;
        talking.liveness.knocks_at().filter(|_| talking.conversation.is_up() && self.may_speak(now))
    }

    /// It asks whether the switch is there, where that is due.
    pub fn knock(&mut self, now: Instant) {
        if self.knocks_at(now).is_some_and(|at| at <= now) {
            let mut outcome = conversation::Outcome::default();
            if let Some(talking) = &mut self.talking {
                talking.conversation.knock(&mut outcome);
            }
            self.comes_of(now, outcome);
        }
    }

    /// Bytes of the switch have come.
    pub fn hear(&mut self, now: Instant, bytes: &[u8], lag: Millis) -> Result<(), String> {
        let Some(talking) = &mut self.talking else { return Ok(()) };
        talking.liveness.heard(now);
        talking.decoder.push(bytes);
        let mut outcome = conversation::Outcome::default();
        while let Some(message) = talking.decoder.next().map_err(|fault| fault.to_string())? {
            match &message {
                Message::Disconnect { .. } => continue,
                Message::Event(event) => {
                    talking.is_stale |= talking.lateness.stale(now, event).is_some();
                }
                _ => {}
            }
            match talking.conversation.hear(message, &mut outcome) {
                Ok(()) => {}
                Err(Refusal::Superseded(by)) => return self.superseded(now, &by),
                Err(refusal) => return Err(refusal.to_string()),
            }
        }
        if talking.is_stale {
            outcome.events.retain(|event| !matches!(event, Event::Arrived(_)));
        }
        self.comes_of(now + lag, outcome);
        self.looks(now);
        Ok(())
    }

    fn comes_of(&mut self, at: Instant, outcome: conversation::Outcome) {
        if let Some(talking) = &mut self.talking {
            outcome.requests.iter().for_each(|request| request.encode(&mut talking.unwritten));
        }
        outcome.events.into_iter().for_each(|event| self.put_in(at, event));
    }

    pub(super) fn has_unwritten(&self) -> bool {
        self.talking.as_ref().is_some_and(|talking| !talking.unwritten.is_empty())
    }

    /// Takes out what is to be written to the switch, if that may be now.
    pub fn speaks(&mut self, now: Instant) -> Option<BytesMut> {
        let may = self.may_speak(now) && self.has_unwritten();
        self.talking.as_mut().filter(|_| may).map(|talking| talking.unwritten.split())
    }

    /// The connection is gone, and it knows.
    pub fn lost(&mut self, now: Instant, connects_at: Instant) {
        let Some(mut talking) = self.talking.take() else { return };
        for event in talking.conversation.lost() {
            self.put_in(now, event);
        }
        self.connects_at = Some(connects_at);
    }

    /// The link takes the orders of the engine that have come by now.
    pub fn pass_orders(&mut self, now: Instant) {
        let mut outcome = conversation::Outcome::default();
        while let Some((_, command, action)) = self.orders.pop_front_if(|(at, ..)| *at <= now) {
            match &mut self.talking {
                Some(talking) => {
                    talking.liveness.ordered(now);
                    talking.conversation.order(&command, &action, &mut outcome);
                }
                None => outcome.events.push(Event::unknown(command)),
            }
        }
        self.comes_of(now, outcome);
        self.looks(now);
    }
}
