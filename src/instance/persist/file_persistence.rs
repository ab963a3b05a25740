//! What each turn leaves for the daemon that comes after this one, as frames for a file.
//!
//! Frames that could not be written are tried again with the next turn, and by themselves after a while. When more wait
//! than is good, they give way to one frame of everything.

use crate::persist::frames::FrameWriter;
use crate::persist::limits::PERSIST_TIME_MAX;
use crate::persist::outbox::{Delivery, DeliveryId, Outbox};
use crate::persist::snapshot::{PersistedState, TurnChanges};
use bytes::Bytes;
use hotlined_core::engine::Engine;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};

/// How long until frames that could not be written are tried again, if no turn comes before.
const AGAIN_AFTER: Millis = Millis(250);
/// How long until a frame of everything that could not be written is made anew.
const EVERYTHING_AGAIN_AFTER: Millis = Millis::seconds(2);
/// The most bytes of frames that wait to be written.
const UNKEPT_BYTES_MAX: usize = 64 << 20;

/// Keeps turns.
#[derive(Debug)]
pub(crate) struct FilePersistence {
    frames: FrameWriter,
    /// How many times frames were given out to be written, and how many of those were answered.
    given: u64,
    answered: u64,
    /// Until when the turn that was given out last waits.
    waits_until: Option<Instant>,
    /// Frames that are not known to be in the file.
    unkept: Vec<u8>,
    /// So many of the unkept bytes are being written.
    under_way: usize,
    /// So many of them are of turns that were done all the same.
    done_unwritten: usize,
    why_unkept: Option<String>,
    again_at: Option<Instant>,
    /// Whether unkept frames were dropped, so that only everything makes the file right again.
    lacks: bool,
}

impl FilePersistence {
    /// Goes on with what was kept.
    pub(crate) fn new(kept: &PersistedState) -> Self {
        let mut frames = FrameWriter::default();
        frames.add_known_versions(&kept.hotlines);
        Self {
            frames,
            given: 0,
            answered: 0,
            waits_until: None,
            unkept: Vec::new(),
            under_way: 0,
            done_unwritten: 0,
            why_unkept: None,
            again_at: None,
            lacks: false,
        }
    }

    /// Takes what a turn changed. Gives the frames to be written and their number, if there are any.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
        outbox: &Outbox,
    ) -> Option<(u64, Bytes)> {
        let turn = TurnChanges { deliveries, done, ..TurnChanges::of(engine) };
        let is_news = !turn.is_empty();
        let is_again = self.again_at.is_some_and(|at| at <= now);
        if self.lacks {
            if !is_again {
                return None;
            }
            self.unkept = self.full_frame(engine, turn, outbox);
            // What turns add while that is written stands behind it.
            (self.done_unwritten, self.lacks) = (self.unkept.len(), false);
        } else if is_news {
            self.unkept.extend(self.frames.turn_frame(turn));
        }
        let is_free = self.given == self.answered;
        if !is_free || self.unkept.is_empty() || !(is_news || is_again) {
            return None;
        }
        self.given += 1;
        // A turn does not wait for what the turn before it waited for in vain.
        self.waits_until = self.why_unkept.is_none().then_some(now + PERSIST_TIME_MAX);
        (self.under_way, self.again_at) = (self.unkept.len(), None);
        Some((self.given, Bytes::copy_from_slice(&self.unkept)))
    }

    /// A frame of everything there is.
    fn full_frame(&mut self, engine: &mut Engine, turn: TurnChanges, outbox: &Outbox) -> Vec<u8> {
        engine.switchboard.report_all_again();
        let mut all = TurnChanges::of(engine);
        (all.over, all.inputs) = (Vec::new(), Vec::new());
        all.deliveries = turn.deliveries;
        let nowhere = || SwitchId("".into());
        all.deliveries.extend(outbox.open().map(|delivery| (nowhere(), delivery)));
        self.frames.full_frame(engine.acd().clone(), all)
    }

    /// The frames of this number are in the file, or why not. `renews` says that the file begins to be written anew.
    pub(crate) fn on_written(
        &mut self,
        now: Instant,
        number: u64,
        outcome: Result<(), String>,
        renews: bool,
    ) {
        if number != self.given {
            return;
        }
        self.answered = number;
        if renews {
            self.frames.forget_known_versions();
        }
        let under_way = std::mem::take(&mut self.under_way);
        match outcome {
            Ok(()) => {
                self.unkept.drain(..under_way);
                self.done_unwritten = self.done_unwritten.saturating_sub(under_way);
                self.why_unkept = None;
                // More came while this was written.
                self.again_at = (!self.unkept.is_empty()).then_some(now);
                // Those frames rely on versions of hotlines that a file written anew may lack.
                if renews && !self.unkept.is_empty() {
                    (self.unkept, self.done_unwritten, self.lacks) = (Vec::new(), 0, true);
                }
            }
            Err(why) => {
                self.why_unkept = Some(why);
                self.lacks |= self.unkept.len() > UNKEPT_BYTES_MAX;
                if self.lacks {
                    self.unkept = Vec::new();
                }
                self.again_at = Some(now + if self.lacks { EVERYTHING_AGAIN_AFTER } else { AGAIN_AFTER });
            }
        }
    }

    /// Until when the turn that was settled last waits; none where it waits no longer.
    pub(crate) fn waits_until(&self, now: Instant) -> Option<Instant> {
        self.waits_until.filter(|until| self.answered < self.given && now < *until)
    }

    /// The turn that was settled last waits no longer: why it is not kept, if it is not.
    pub(crate) fn settled(&mut self) -> Option<String> {
        (self.waits_until, self.done_unwritten) = (None, self.unkept.len());
        if self.answered < self.given {
            self.why_unkept.get_or_insert_with(|| "the disk is too slow".to_owned());
        }
        self.why_unkept.clone()
    }

    /// Frames of turns that were done and are not known to be in the file.
    pub(crate) fn done_unwritten(&self) -> &[u8] {
        self.unkept.get(..self.done_unwritten).unwrap_or_default()
    }

    /// When a turn is wanted, though nothing changed.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.again_at
    }

    /// Whether everything is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        self.unkept.is_empty() && !self.lacks
    }
}
