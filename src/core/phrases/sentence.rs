//! Sentences with variable parts. A sentence without variable parts is a single [`Piece`] and needs no function.

use super::{Language, Piece, Speaker, Unit};
use crate::time::Millis;
use jiff::civil::{Date, Time};

/// A key of a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(char);

/// A character that is no telephone key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key of a telephone: write one of 0 to 9, * or #")]
pub struct NotAKey(pub char);

impl TryFrom<char> for Key {
    type Error = NotAKey;

    fn try_from(sign: char) -> Result<Self, NotAKey> {
        if sign.is_ascii_digit() || matches!(sign, '*' | '#') { Ok(Self(sign)) } else { Err(NotAKey(sign)) }
    }
}

/// What the caller or agent gets by pressing a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// 请按: an earlier announcement says what the key does.
    This,
    /// To hear the menu again.
    Repeat,
    /// To the menu before this one.
    GoBack,
    /// To an operator (人工服务).
    Operator,
    /// To leave a message instead of waiting.
    LeaveMessage,
    /// To be called back instead of waiting.
    Callback,
    /// Yes.
    Confirm,
    /// To enter it anew.
    Change,
    /// For a caller who is called back: to be connected.
    Talk,
    /// For the agent: to take the call.
    Take,
    /// For the agent: to leave it to others.
    Refuse,
    /// To keep the message.
    SaveMessage,
    /// To hear the message.
    ListenToMessage,
    /// To record the message anew.
    RecordAgain,
    /// To query another code.
    NextCode,
}

impl Offer {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::This,
        Self::Repeat,
        Self::GoBack,
        Self::Operator,
        Self::LeaveMessage,
        Self::Callback,
        Self::Confirm,
        Self::Change,
        Self::Talk,
        Self::Take,
        Self::Refuse,
        Self::SaveMessage,
        Self::ListenToMessage,
        Self::RecordAgain,
        Self::NextCode,
    ];

    const fn piece(self) -> Piece {
        match self {
            Self::This => Piece::Press,
            Self::Repeat => Piece::ToRepeatPress,
            Self::GoBack => Piece::ToGoBackPress,
            Self::Operator => Piece::ForOperatorPress,
            Self::LeaveMessage => Piece::ToLeaveMessagePress,
            Self::Callback => Piece::ForCallbackPress,
            Self::Confirm => Piece::ToConfirmPress,
            Self::Change => Piece::ToChangePress,
            Self::Talk => Piece::ToTalkPress,
            Self::Take => Piece::ToTakePress,
            Self::Refuse => Piece::ToRefusePress,
            Self::SaveMessage => Piece::ToSavePress,
            Self::ListenToMessage => Piece::ToListenPress,
            Self::RecordAgain => Piece::ToRecordAgainPress,
            Self::NextCode => Piece::ForNextCodePress,
        }
    }
}

impl Speaker {
    /// An offer and its key: 留言请按九, "To leave a message, press nine". The digit 1 is 一 here: 幺 is only for spelled
    /// numbers.
    pub fn offer(self, offer: Offer, key: Key) -> Vec<Piece> {
        let plain = Self { yao: false, ..self };
        [vec![offer.piece()], plain.spelled(key.0.encode_utf8(&mut [0; 4]))].concat()
    }

    /// How many callers are ahead: 您前面还有两位客户在等待. With 0, that this caller is the next.
    pub fn queue_ahead(self, ahead: u64) -> Vec<Piece> {
        let (before, behind) = match ahead {
            0 => return vec![Piece::YouAreNext],
            1 => (Piece::ThereIs, Piece::CallerAhead),
            _ => (Piece::ThereAre, Piece::CallersAhead),
        };
        [vec![before], self.counting(ahead, Unit::Callers), vec![behind]].concat()
    }

    /// The position of this caller, from 1: 您现在排在第三位, "You are third in the queue".
    pub fn queue_place(self, place: u64) -> Vec<Piece> {
        [vec![Piece::YouAre], self.ordinal(place), vec![Piece::InTheQueue]].concat()
    }

    /// The estimated wait: 预计还需等待两分钟.
    pub fn estimated_wait(self, wait: Millis) -> Vec<Piece> {
        [vec![Piece::EstimatedWait], self.duration(wait)].concat()
    }

    /// To an agent who must confirm, because a mailbox may have answered: 您有新的来电，接听请按一.
    pub fn take_call(self, key: Key) -> Vec<Piece> {
        [vec![Piece::IncomingCall], self.offer(Offer::Take, key)].concat()
    }

    /// To an agent before the talk: the number of the hotline. The name of the hotline is a recording of the business.
    pub fn call_from(self, hotline: &str) -> Vec<Piece> {
        [vec![Piece::CallFromHotline], self.telephone(hotline)].concat()
    }

    /// To an agent before talk: how long the caller has waited.
    pub fn caller_waited(self, waited: Millis) -> Vec<Piece> {
        [vec![Piece::CallerWaited], self.duration(waited)].concat()
    }

    /// To the caller before talk: 工号八零零幺为您服务.
    pub fn at_your_service(self, agent: &str) -> Vec<Piece> {
        [vec![Piece::AgentNumber], self.spelled(agent), vec![Piece::AtYourService]].concat()
    }

    /// That the business will call back, and the number that it will call.
    pub fn callback_noted(self, number: &str) -> Vec<Piece> {
        let number = [vec![Piece::YourNumberIs], self.telephone(number)].concat();
        [vec![Piece::CallbackNoted], number, vec![Piece::Pause, Piece::WeWillCallYou]].concat()
    }

    /// The digits of a code that was entered.
    pub fn code_entered(self, code: &str) -> Vec<Piece> {
        [vec![Piece::YouEntered], self.telephone(code)].concat()
    }

    /// That a code was queried before: how often, and the day of the first query.
    pub fn code_seen(self, times: u64, first: Date) -> Vec<Piece> {
        let seen = [vec![Piece::CodeSeen], self.count(times, Unit::Times), vec![Piece::Pause]].concat();
        let first = [vec![Piece::CodeFirstOn], self.date(first), vec![Piece::Pause]].concat();
        [seen, first, vec![Piece::CodeBeware]].concat()
    }

    /// Dial the extension, or a key for the operator: 请直接拨分机号，人工服务请按零.
    pub fn dial_extension(self, operator: Option<Key>) -> Vec<Piece> {
        let operator = operator.map(|key| self.offer(Offer::Operator, key)).unwrap_or_default();
        [vec![Piece::DialExtension], operator].concat()
    }

    /// The hours of a day: 我们的工作时间是上午九点到下午六点.
    pub fn open_hours(self, from: Time, to: Time) -> Vec<Piece> {
        [vec![Piece::OpenFrom], self.clock(from), vec![Piece::OpenTo], self.clock(to)].concat()
    }

    /// When the business opens again.
    pub fn open_again(self, day: Date, time: Time) -> Vec<Piece> {
        let day = [self.date(day), self.weekday(day.weekday())];
        let day = match self.language {
            Language::Mandarin => day.concat(),
            // Tuesday, March third …
            Language::English => day.into_iter().rev().collect::<Vec<_>>().concat(),
        };
        [vec![Piece::OpenAgainOn], day, self.clock(time)].concat()
    }

    /// The money on an account, in fen.
    pub fn balance(self, fen: u64) -> Vec<Piece> {
        [vec![Piece::BalanceIs], self.money(fen)].concat()
    }

    /// How long the balance lasts for this call.
    pub fn time_left(self, left: Millis) -> Vec<Piece> {
        [vec![Piece::TimeLeft], self.duration(left)].concat()
    }
}
