//! Saves what each turn changed, as frames for a file, for the daemon that comes after this one.
//!
//! Frames that could not be written are tried again with the next turn, or by themselves after a while. If too many
//! bytes wait, one frame of everything takes their place.

use crate::messages::MessageQueue;
use crate::persist::frames::FrameWriter;
use crate::persist::limits::PERSIST_TIME_MAX;
use crate::persist::outbox::{Delivery, DeliveryId, Outbox};
use crate::persist::snapshot::{PersistedState, TurnChanges};
use bytes::Bytes;
use hotlined_core::engine::Engine;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};

/// How long until frames that could not be written are tried again, if no turn comes before.
const RETRY_WAIT: Millis = Millis(250);
/// How long until a frame of everything that could not be written is made anew.
const FULL_FRAME_RETRY_WAIT: Millis = Millis::seconds(2);
/// How many bytes of frames wait to be written at most.
const UNWRITTEN_BYTES_MAX: usize = 64 << 20;

/// Saves turns in a file.
#[derive(Debug)]
pub(crate) struct FilePersistence {
    frames: FrameWriter,
    /// How many writes were given out.
    given: u64,
    /// How many of these writes have a reply.
    answered: u64,
    /// Until when the last turn waits for its write.
    waits_until: Option<Instant>,
    /// Frames that are not known to be in the file.
    unwritten: Vec<u8>,
    /// How many of the unwritten bytes are being written.
    under_way: usize,
    /// How many of the unwritten bytes belong to turns that are done all the same.
    done_unwritten: usize,
    write_error: Option<String>,
    retry_at: Option<Instant>,
    /// Whether unwritten frames were dropped, so that the file needs a frame of everything.
    needs_full_frame: bool,
}

impl FilePersistence {
    /// Goes on with what was saved before.
    pub(crate) fn new(kept: &PersistedState) -> Self {
        let mut frames = FrameWriter::default();
        frames.add_known_versions(&kept.hotlines);
        Self {
            frames,
            given: 0,
            answered: 0,
            waits_until: None,
            unwritten: Vec::new(),
            under_way: 0,
            done_unwritten: 0,
            write_error: None,
            retry_at: None,
            needs_full_frame: false,
        }
    }

    /// Takes what a turn changed. Returns the number of the next write and its frames, if there is one.
    pub(crate) fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
        outbox: &Outbox,
        messages: &MessageQueue,
    ) -> Option<(u64, Bytes)> {
        let turn = TurnChanges { deliveries, done, ..TurnChanges::of(engine) };
        let has_changes = !turn.is_empty();
        let is_retry_due = self.retry_at.is_some_and(|at| at <= now);
        if self.needs_full_frame {
            if !is_retry_due {
                return None;
            }
            self.unwritten = self.full_frame(engine, turn, outbox, messages);
            // What turns add while the full frame is written comes behind it.
            (self.done_unwritten, self.needs_full_frame) = (self.unwritten.len(), false);
        } else if has_changes {
            self.unwritten.extend(self.frames.turn_frame(turn));
        }
        let is_free = self.given == self.answered;
        if !is_free || self.unwritten.is_empty() || !(has_changes || is_retry_due) {
            return None;
        }
        self.given += 1;
        // A turn does not wait if the turn before it waited in vain.
        self.waits_until = self.write_error.is_none().then_some(now + PERSIST_TIME_MAX);
        (self.under_way, self.retry_at) = (self.unwritten.len(), None);
        Some((self.given, Bytes::copy_from_slice(&self.unwritten)))
    }

    /// A frame of everything.
    fn full_frame(
        &mut self,
        engine: &mut Engine,
        turn: TurnChanges,
        outbox: &Outbox,
        messages: &MessageQueue,
    ) -> Vec<u8> {
        engine.switchboard.report_all_again();
        let mut all = TurnChanges::of(engine);
        (all.over, all.inputs) = (Vec::new(), Vec::new());
        all.deliveries = turn.deliveries;
        let nowhere = || SwitchId("".into());
        // A new version of a message comes after the old one.
        let open = outbox.open().chain(messages.all());
        all.deliveries.splice(0..0, open.map(|delivery| (nowhere(), delivery)));
        self.frames.full_frame(engine.acd().clone(), all)
    }

    /// The write of this number is done, or has failed. `renews` tells that the file begins to be written anew.
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
                self.unwritten.drain(..under_way);
                self.done_unwritten = self.done_unwritten.saturating_sub(under_way);
                self.write_error = None;
                // More came while this was written.
                self.retry_at = (!self.unwritten.is_empty()).then_some(now);
                // These frames rely on versions of hotlines that the new file may lack.
                if renews && !self.unwritten.is_empty() {
                    (self.unwritten, self.done_unwritten, self.needs_full_frame) = (Vec::new(), 0, true);
                }
            }
            Err(why) => {
                self.write_error = Some(why);
                self.needs_full_frame |= self.unwritten.len() > UNWRITTEN_BYTES_MAX;
                if self.needs_full_frame {
                    self.unwritten = Vec::new();
                }
                self.retry_at =
                    Some(now + if self.needs_full_frame { FULL_FRAME_RETRY_WAIT } else { RETRY_WAIT });
            }
        }
    }

    /// Until when the last turn waits; `None` once it waits no longer.
    pub(crate) fn waits_until(&self, now: Instant) -> Option<Instant> {
        self.waits_until.filter(|until| self.answered < self.given && now < *until)
    }

    /// The last turn waits no longer. Returns why it is not saved, if it is not.
    pub(crate) fn settled(&mut self) -> Option<String> {
        (self.waits_until, self.done_unwritten) = (None, self.unwritten.len());
        if self.answered < self.given {
            self.write_error.get_or_insert_with(|| "the disk is too slow".to_owned());
        }
        self.write_error.clone()
    }

    /// The frames of turns that are done and not known to be in the file.
    pub(crate) fn done_unwritten(&self) -> &[u8] {
        self.unwritten.get(..self.done_unwritten).unwrap_or_default()
    }

    /// When a turn is wanted even if nothing changed.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Whether everything is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        self.unwritten.is_empty() && !self.needs_full_frame
    }
}
