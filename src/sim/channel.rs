//! One channel of the exchange: what it is, what it does, what is queued for it.
//!
//! Data and small questions only; what happens to a channel is decided in the model's other files.

use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;
use std::sync::Arc;

/// The name of a channel, as the switch prints it.
pub type Uuid = Arc<str>;

/// The states of FreeSWITCH's state machine that can be seen from outside (`switch_types.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelState {
    None,
    New,
    Init,
    Routing,
    SoftExecute,
    Execute,
    ExchangeMedia,
    Park,
    ConsumeMedia,
    Hibernate,
    Reset,
    Hangup,
    Reporting,
    Destroy,
}

impl ChannelState {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "CS_NONE",
            Self::New => "CS_NEW",
            Self::Init => "CS_INIT",
            Self::Routing => "CS_ROUTING",
            Self::SoftExecute => "CS_SOFT_EXECUTE",
            Self::Execute => "CS_EXECUTE",
            Self::ExchangeMedia => "CS_EXCHANGE_MEDIA",
            Self::Park => "CS_PARK",
            Self::ConsumeMedia => "CS_CONSUME_MEDIA",
            Self::Hibernate => "CS_HIBERNATE",
            Self::Reset => "CS_RESET",
            Self::Hangup => "CS_HANGUP",
            Self::Reporting => "CS_REPORTING",
            Self::Destroy => "CS_DESTROY",
        }
    }

    pub fn number(self) -> &'static str {
        match self {
            Self::New => "0",
            Self::None | Self::Init => "1",
            Self::Routing => "2",
            Self::SoftExecute => "3",
            Self::Execute => "4",
            Self::ExchangeMedia => "5",
            Self::Park => "6",
            Self::ConsumeMedia => "7",
            Self::Hibernate => "8",
            Self::Reset => "9",
            Self::Hangup => "10",
            Self::Reporting => "11",
            Self::Destroy => "12",
        }
    }
}

/// `Channel-Call-State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelCallState {
    Down,
    Ringing,
    Early,
    Active,
    Hangup,
}

impl ChannelCallState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Down => "DOWN",
            Self::Ringing => "RINGING",
            Self::Early => "EARLY",
            Self::Active => "ACTIVE",
            Self::Hangup => "HANGUP",
        }
    }

    pub fn number(self) -> &'static str {
        match self {
            Self::Down => "0",
            Self::Ringing => "2",
            Self::Early => "3",
            Self::Active => "4",
            Self::Hangup => "7",
        }
    }
}

/// Which way the call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// An order that waits for the channel's next tick.
#[derive(Clone, Debug)]
pub(super) struct QueuedMessage {
    pub what: MessageCommand,
    /// The headers as they came, for the report that it was done.
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) enum MessageCommand {
    Execute { app: String, data: String, uuid: Option<String> },
    Hangup { cause: String },
}

/// An application that takes time.
#[derive(Clone, Debug)]
pub(super) struct RunningApp {
    /// Tells this run of an application from every other.
    pub id: u64,
    pub app: String,
    pub data: String,
    /// `Application-UUID`.
    pub uuid: Uuid,
    pub activity: AppActivity,
    /// When what it does now ends by itself.
    pub ends: Option<Instant>,
    /// What was left of it when another application was put on top of it.
    pub left: Option<Millis>,
    /// The order that started it; none when the dialplan did.
    pub message: Option<QueuedMessage>,
}

/// What an application that takes time does at the moment.
#[derive(Clone, Debug)]
pub(super) enum AppActivity {
    /// Waits for orders. `by_state`: after a bridge the switch parks without running the application.
    Park { by_state: bool },
    /// Plays, once or without end.
    Play { file: String, endless: bool },
    /// Waits without a sound.
    Sleep,
    /// Records.
    Record { file: String },
    /// Plays and collects keys.
    Collect(Box<super::digits::Collect>),
}

/// What makes a channel drop everything it does at its next tick.
#[derive(Clone, Debug)]
pub(super) enum Interrupt {
    /// It was hung up from outside.
    Hangup,
    /// It is sent to this extension.
    Transfer(String),
    /// It is joined with this channel, which it calls or is called by.
    Bridge { peer: Uuid, originator: bool },
}

/// The other side's profile as last seen, which FreeSWITCH keeps printing.
#[derive(Clone, Debug)]
pub(super) struct OtherLeg {
    pub uuid: Uuid,
    pub name: String,
    pub direction: Direction,
    pub number: String,
    pub destination: String,
    pub originatee: bool,
}

/// A channel.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub uuid: Uuid,
    pub session: u64,
    pub direction: Direction,
    pub name: String,
    pub number: String,
    pub destination: String,
    /// The number the caller dialled, or the agent's number: what it was before any transfer.
    pub dialled: String,
    pub state: ChannelState,
    pub call_state: ChannelCallState,
    pub answered: bool,
    pub early: bool,
    pub cause: Option<String>,
    pub variables: Vec<(String, String)>,
    pub created: Instant,
    pub progress_at: Option<Instant>,
    pub media_at: Option<Instant>,
    pub answered_at: Option<Instant>,
    pub bridged_at: Option<Instant>,
    pub hungup_at: Option<Instant>,
    pub profile: u32,
    pub stack: Vec<RunningApp>,
    pub dialplan_actions: VecDeque<(String, String)>,
    pub messages: VecDeque<QueuedMessage>,
    pub keys: VecDeque<char>,
    /// The channel breaks off what it does when it next looks.
    pub break_requested: bool,
    /// `uuid_break` met an order that was being done: whatever it lies on is broken off after it, one by one
    /// (switch_ivr.c:674), until another order is done.
    pub break_all: bool,
    /// Where it was told to go and has not noticed yet, which its events tell by number only.
    pub next_state: Option<ChannelState>,
    /// Its partner has left, and it does not notice before what it was told to play is over.
    pub left_peer: Option<(Uuid, String)>,
    pub interrupt: Option<Interrupt>,
    pub tick_at: Option<Instant>,
    pub bridge: Option<Uuid>,
    pub originator: bool,
    pub other: Option<OtherLeg>,
    /// The originate that made it and has not ended yet.
    pub job: Option<Uuid>,
    /// What it does when it is answered.
    pub on_answer: Option<(String, String)>,
    /// The caller an outgoing channel was made for, as far as its variables tell.
    pub caller_leg: Option<Uuid>,
    pub response: Option<&'static str>,
    /// What it is hung up with when it was parked too long.
    pub park_cause: String,
    pub recording: Vec<String>,
    pub phone: Option<super::actors::Phone>,
    pub leaves: super::actors::HangsUp,
    pub says_bye: bool,
    /// From when to when the person at its end speaks, in order.
    pub speaks: Vec<(Instant, Instant)>,
    pub replies: Vec<super::actors::SoundReply>,
}

impl Channel {
    pub fn new(uuid: Uuid, direction: Direction, session: u64, now: Instant) -> Self {
        Self {
            uuid,
            session,
            direction,
            name: String::new(),
            number: String::new(),
            destination: String::new(),
            dialled: String::new(),
            state: ChannelState::New,
            call_state: ChannelCallState::Down,
            answered: false,
            early: false,
            cause: None,
            variables: Vec::new(),
            created: now,
            progress_at: None,
            media_at: None,
            answered_at: None,
            bridged_at: None,
            hungup_at: None,
            profile: 1,
            stack: Vec::new(),
            dialplan_actions: VecDeque::new(),
            messages: VecDeque::new(),
            keys: VecDeque::new(),
            break_requested: false,
            break_all: false,
            next_state: None,
            left_peer: None,
            interrupt: None,
            tick_at: None,
            bridge: None,
            originator: false,
            other: None,
            job: None,
            on_answer: None,
            caller_leg: None,
            response: None,
            park_cause: String::new(),
            recording: Vec::new(),
            phone: None,
            leaves: super::actors::HangsUp::default(),
            says_bye: false,
            speaks: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Whether this key ends what plays (mod_dptools.c:2351).
    pub fn key_ends_sound(&self, key: char) -> bool {
        match self.variable("playback_terminators").unwrap_or("*") {
            none if none.eq_ignore_ascii_case("none") => false,
            any if any.eq_ignore_ascii_case("any") => "1234567890*#".contains(key),
            keys => keys.contains(key),
        }
    }

    /// When the person at its end will have been silent for so long, from this moment on.
    pub fn silent_at(&self, from: Instant, silence: Millis) -> Instant {
        let mut quiet_since = from;
        for (begins, ends) in &self.speaks {
            if *begins < quiet_since + silence {
                quiet_since = quiet_since.max(*ends);
            }
        }
        quiet_since + silence
    }

    /// Whether sound flows.
    pub fn has_media(&self) -> bool {
        self.answered || self.early
    }

    /// `Answer-State`.
    pub fn answer_state(&self) -> &'static str {
        if self.cause.is_some() {
            "hangup"
        } else if self.answered {
            "answered"
        } else if self.early {
            "early"
        } else {
            "ringing"
        }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether a variable says yes, as FreeSWITCH reads it (`switch_true`).
    pub fn is_true(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| {
            ["yes", "on", "true", "t", "enabled", "active", "allow"]
                .iter()
                .any(|yes| value.eq_ignore_ascii_case(yes))
                || value.parse::<i64>().is_ok_and(|number| number != 0)
        })
    }

    /// Sets a variable, or unsets it with an empty value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.variables.push((name.into(), value.into()));
        }
    }

    /// Unsets a variable and gives what it was.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let value = self.variable(name).map(str::to_owned);
        self.set(name, "");
        value
    }

    /// It is to go to another extension, and remembers no partner.
    pub fn set_destination(&mut self, to: &str) {
        self.destination = to.split([' ', ':']).next().unwrap_or_default().into();
        self.profile += 1;
        self.other = None;
    }

    /// What another channel remembers of this one.
    pub fn as_other_leg(&self, originatee: bool) -> OtherLeg {
        OtherLeg {
            uuid: self.uuid.clone(),
            name: self.name.clone(),
            direction: self.direction,
            number: self.number.clone(),
            destination: self.destination.clone(),
            originatee,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_says_yes_as_the_switch_reads_it() {
        let mut channel = Channel::new("a".into(), Direction::Inbound, 1, Instant(0));
        for (value, yes) in
            [("true", true), ("TRUE", true), ("1", true), ("no", false), ("0", false), ("", false)]
        {
            channel.set("hangup_after_bridge", value);
            assert_eq!(channel.is_true("HANGUP_after_bridge"), yes, "{value:?}");
        }
        assert_eq!(channel.take("hangup_after_bridge"), None);
    }

    #[test]
    fn keys_end_a_sound_as_the_variable_says() {
        let mut channel = Channel::new("a".into(), Direction::Inbound, 1, Instant(0));
        let mut ends = |value, key| {
            channel.set("playback_terminators", value);
            channel.key_ends_sound(key)
        };
        assert!(ends("", '*') && !ends("", '1'));
        assert!(!ends("none", '*') && ends("any", '7') && ends("#1", '1') && !ends("#1", '*'));
    }

    #[test]
    fn who_speaks_now_and_then_is_silent_when_the_pause_is_long_enough() {
        let mut channel = Channel::new("a".into(), Direction::Inbound, 1, Instant(0));
        let silent_at = |channel: &Channel| channel.silent_at(Instant(1_000), Millis(500)).0;
        assert_eq!(silent_at(&channel), 1_500);
        channel.speaks = vec![(Instant(900), Instant(1_200)), (Instant(1_600), Instant(2_000))];
        assert_eq!(silent_at(&channel), 2_500);
        channel.speaks.push((Instant(2_500), Instant(9_000)));
        assert_eq!(silent_at(&channel), 2_500);
    }
}
