//! The limits of the queue of messages.

use hotlined_core::time::Millis;

const MINUTE: Millis = Millis::seconds(60);
const HOUR: Millis = Millis(60 * MINUTE.0);
pub(super) const DAY: Millis = Millis(24 * HOUR.0);
/// The span in which an hour's messages count.
pub(super) const HOUR_SPAN: Millis = HOUR;

/// The most requests for one message.
pub(super) const ATTEMPTS_MAX: u32 = 12;
/// The pauses after the first, second, … time that no gateway took a message; the last one repeats.
pub(super) const RETRY_PAUSES: [Millis; 6] = [
    Millis::seconds(5),
    Millis::seconds(20),
    MINUTE,
    Millis(5 * MINUTE.0),
    Millis(15 * MINUTE.0),
    Millis(30 * MINUTE.0),
];
/// The pause after a refusal that an operator must mend, or that says to wait.
pub(super) const SLOW_RETRY_PAUSE: Millis = Millis(5 * MINUTE.0);
/// So many failures in a row make a gateway pause.
pub(super) const FAILURES_BEFORE_PAUSE: u32 = 3;
/// The first and the longest pause of a gateway that cannot be reached, or whose account is empty.
pub(super) const GATEWAY_PAUSE_MIN: Millis = Millis::seconds(5);
pub(super) const GATEWAY_PAUSE_MAX: Millis = MINUTE;
/// The longest pause that a gateway may ask for.
pub(super) const ASKED_PAUSE_MAX: Millis = HOUR;
/// How long the driver may take for a request, at most: longer than the time-out of any gateway.
pub(super) const SEND_TIME_MAX: Millis = MINUTE;
/// How long SMS gateways may take for their answers when the daemon stops, or leaves a switch to another daemon:
/// without its answer a message stays unknown.
pub const ANSWERS_TIME_MAX: Millis = Millis::seconds(12);
/// When a message is looked at again that does not go out because its switch goes to another daemon.
pub(super) const HELD_PAUSE: Millis = Millis::seconds(1);
/// How long the receipt of a message is waited for whose answer was lost. Huawei Cloud repeats receipts for so long.
pub(super) const UNKNOWN_KEPT: Millis = Millis(72 * HOUR.0);
/// How long a sent message counts, and its receipt is known.
pub(super) const SENT_KEPT: Millis = DAY;
/// How long a dead message may be sent again.
pub(super) const DEAD_KEPT: Millis = Millis(7 * DAY.0);
/// The most sent messages that are kept: beyond that the oldest is forgotten.
pub(super) const SENT_KEPT_MAX: usize = 50_000;
/// The most messages that are kept in any state: beyond that a new message is dropped.
pub(super) const MESSAGES_MAX: usize = 500_000;
/// The most messages that begin to be sent in one turn.
pub(super) const PER_TURN_MAX: usize = 256;
/// How long a receipt is remembered that came before the answer of its gateway.
pub(super) const EARLY_RECEIPT_KEPT: Millis = Millis(10 * MINUTE.0);
/// The most receipts that are remembered so.
pub(super) const EARLY_RECEIPTS_MAX: usize = 10_000;
/// The longest reason that is kept, in characters.
pub(super) const REASON_CHARS_MAX: usize = 200;
