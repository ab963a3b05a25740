//! One channel of the simulated switch: its states, its running applications and its queued messages.
//!
//! This file has data and small queries only. The other files of the model decide what happens to a channel.

use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;
use std::sync::Arc;

/// The UUID of a channel, as the switch prints it.
pub type Uuid = Arc<str>;

/// `Channel-State`: the states of FreeSWITCH's state machine that events show (`switch_types.h`).
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

/// `Call-Direction`: a caller's leg is inbound, an agent's leg is outbound.
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

/// A `sendmsg` that waits for the channel's next tick.
#[derive(Clone, Debug)]
pub(super) struct QueuedMessage {
    pub command: MessageCommand,
    /// The headers as the client sent them; the `PRIVATE_COMMAND` event repeats them.
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) enum MessageCommand {
    Execute { app: String, data: String, uuid: Option<String> },
    Hangup { cause: String },
}

/// One application on a channel's stack: an application that takes time.
#[derive(Clone, Debug)]
pub(super) struct RunningApp {
    /// The number of this run. A new `ends` gets a new number, so that an old deadline is recognized.
    pub id: u64,
    pub app: String,
    pub data: String,
    /// `Application-UUID`.
    pub uuid: Uuid,
    pub activity: AppActivity,
    /// When the application ends by itself.
    pub ends: Option<Instant>,
    /// The remaining time while another application runs on top of this one.
    pub remaining: Option<Millis>,
    /// The message that started the application; none if the dialplan started it.
    pub message: Option<QueuedMessage>,
}

/// The current activity of an application that takes time.
#[derive(Clone, Debug)]
pub(super) enum AppActivity {
    /// Is parked. `by_state`: the switch parked the leg after a bridge, without the application `park`.
    Park { by_state: bool },
    /// Plays a file, once or endlessly.
    Play { file: String, endless: bool },
    /// Waits in silence.
    Sleep,
    /// Records to a file.
    Record { file: String },
    /// Plays a prompt and collects keys.
    Collect(Box<super::digits::Collect>),
}

/// A reason to end all applications of a channel at its next tick.
#[derive(Clone, Debug)]
pub(super) enum Interrupt {
    /// The channel was hung up from outside.
    Hangup,
    /// The channel is transferred to this extension.
    Transfer(String),
    /// The channel is bridged with `peer`. `originator`: this channel starts the bridge.
    Bridge { peer: Uuid, originator: bool },
}

/// The caller profile of the last bridged leg. FreeSWITCH prints it as `Other-Leg-…` headers, also after the bridge.
#[derive(Clone, Debug)]
pub(super) struct OtherLeg {
    pub uuid: Uuid,
    pub name: String,
    pub direction: Direction,
    pub number: String,
    pub destination: String,
    pub originatee: bool,
}

/// A channel of the simulated switch.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub uuid: Uuid,
    pub session: u64,
    pub direction: Direction,
    pub name: String,
    pub number: String,
    pub destination: String,
    /// The number that the caller dialled, or the agent's number; a transfer does not change it.
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
    /// The channel stops the application on top of its stack at its next tick.
    pub break_requested: bool,
    /// `uuid_break` stopped an application that a message started. The applications below it on the stack are then
    /// stopped too, one by one (switch_ivr.c:674), until the next message runs.
    pub break_all: bool,
    /// The state that was set and not yet entered. Events show its number only.
    pub next_state: Option<ChannelState>,
    /// The peer that has left the bridge, with the cause. The channel handles this when its applications have ended.
    pub departed_peer: Option<(Uuid, String)>,
    pub interrupt: Option<Interrupt>,
    pub tick_at: Option<Instant>,
    pub bridge: Option<Uuid>,
    pub originator: bool,
    pub other_leg: Option<OtherLeg>,
    /// The `Job-UUID` of the running `originate` that made this channel.
    pub job: Option<Uuid>,
    /// The application, with its argument, that starts when the leg is answered.
    pub on_answer: Option<(String, String)>,
    /// The caller's leg that an agent's leg belongs to, found through the variables of `originate` or the first bridge.
    pub caller_leg: Option<Uuid>,
    pub response: Option<&'static str>,
    /// The hang-up cause when the channel has been parked for too long.
    pub park_cause: String,
    pub recording: Vec<String>,
    pub phone: Option<super::actors::Phone>,
    pub hangs_up: super::actors::HangsUp,
    pub sends_bye: bool,
    /// When the person at the far end speaks: start and end, in order.
    pub speech: Vec<(Instant, Instant)>,
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
            departed_peer: None,
            interrupt: None,
            tick_at: None,
            bridge: None,
            originator: false,
            other_leg: None,
            job: None,
            on_answer: None,
            caller_leg: None,
            response: None,
            park_cause: String::new(),
            recording: Vec::new(),
            phone: None,
            hangs_up: super::actors::HangsUp::default(),
            sends_bye: false,
            speech: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Whether this key ends a playback (mod_dptools.c:2351).
    pub fn key_ends_sound(&self, key: char) -> bool {
        match self.variable("playback_terminators").unwrap_or("*") {
            none if none.eq_ignore_ascii_case("none") => false,
            any if any.eq_ignore_ascii_case("any") => "1234567890*#".contains(key),
            keys => keys.contains(key),
        }
    }

    /// When the person at the far end has been silent for the length `silence`, counted from `from`.
    pub fn silent_at(&self, from: Instant, silence: Millis) -> Instant {
        let mut quiet_since = from;
        for (begins, ends) in &self.speech {
            if *begins < quiet_since + silence {
                quiet_since = quiet_since.max(*ends);
            }
        }
        quiet_since + silence
    }

    /// Whether the channel has media: early media or the answer.
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

    /// Whether a variable is true by FreeSWITCH's rules (`switch_true`).
    pub fn is_true(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| {
            ["yes", "on", "true", "t", "enabled", "active", "allow"]
                .iter()
                .any(|yes| value.eq_ignore_ascii_case(yes))
                || value.parse::<i64>().is_ok_and(|number| number != 0)
        })
    }

    /// Sets a variable. An empty value unsets the variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.variables.push((name.into(), value.into()));
        }
    }

    /// Unsets a variable and returns its value.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let value = self.variable(name).map(str::to_owned);
        self.set(name, "");
        value
    }

    /// Sets the extension that the channel goes to, and forgets the last bridged leg.
    pub fn set_destination(&mut self, to: &str) {
        self.destination = to.split([' ', ':']).next().unwrap_or_default().into();
        self.profile += 1;
        self.other_leg = None;
    }

    /// This channel's caller profile, for the channel that is bridged with it.
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
        channel.speech = vec![(Instant(900), Instant(1_200)), (Instant(1_600), Instant(2_000))];
        assert_eq!(silent_at(&channel), 2_500);
        channel.speech.push((Instant(2_500), Instant(9_000)));
        assert_eq!(silent_at(&channel), 2_500);
    }
}
