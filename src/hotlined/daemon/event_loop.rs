//! The event loop: hands every input to the [`Instance`] and carries out its outputs. The loop decides nothing.
//!
//! Reading, deciding, saving and writing for all links happen on this one thread, without a hand-over. Slow work
//! happens on other threads: the files of call records, loading hotlines, the admin address.

use super::clock::Clock;
use super::deliverer::Deliverers;
use super::heartbeat::Heartbeat;
use super::message_gateways::{MessageGateways, MessageInput};
use super::redis_connections::RedisConnections;
use super::sockets::Sockets;
use crate::snapshot_file::SnapshotFile;
use hotlined_core::event::Event;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::InstanceError;
use hotlined_instance::LinkInput;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::{Input, Instance, Output};
use hotlined_instance::{RedisChannel, RedisChannelReply};
use std::io;
use tokio::sync::mpsc;

/// The most configuration changes that wait for the loop.
pub(super) const CONFIG_CHANGES_WAITING_MAX: usize = 64;
/// How often the loop checks whether a delivery is finished, if nothing else wakes the loop earlier.
const DELIVERY_CHECK_WAIT: Millis = Millis(20);

/// A request of the operator or of the service manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// Stop, but let calls in progress finish for a while. A second request stops the daemon at once.
    Stop,
}

/// The loop and everything that it owns.
pub(super) struct EventLoop {
    pub(super) instance: Instance,
    pub(super) clock: Clock,
    pub(super) sockets: Sockets,
    pub(super) snapshot_file: Option<SnapshotFile>,
    pub(super) redis: Option<RedisConnections>,
    pub(super) deliverers: Deliverers,
    pub(super) messages: MessageGateways,
    pub(super) heartbeat: Heartbeat,
}

/// Why the loop woke.
enum WakeReason {
    Stop,
    Sockets,
    Redis(RedisChannel, Result<RedisChannelReply, RedisFailure>),
    Configured(Event),
    Message(MessageInput),
    Due,
}

impl EventLoop {
    /// Runs until the instance has ended.
    pub(super) async fn run(
        mut self,
        mut config_changes: mpsc::Receiver<Event>,
        mut control: mpsc::Receiver<ControlRequest>,
    ) -> Result<(), InstanceError> {
        let mut from_sockets: Vec<(SwitchId, LinkInput)> = Vec::new();
        loop {
            while let Some(output) = self.instance.next_output() {
                if let Some(end) = self.carry_out(output) {
                    return end;
                }
            }
            self.sockets.flush();
            let wake = self.next_wake();
            let wake_at = self.clock.wake_at(wake);
            let woke = tokio::select! {
                // Control requests and configuration changes come first: they are too rare to delay the sockets, and a
                // call that arrives after a change must follow the change. Sockets are read before timers: after the
                // process was stopped for a while both are ready.
                biased;
                Some(ControlRequest::Stop) = control.recv() => WakeReason::Stop,
                Some(event) = config_changes.recv() => WakeReason::Configured(event),
                Some(input) = self.messages.next_input() => WakeReason::Message(input),
                () = self.sockets.next(&mut from_sockets) => WakeReason::Sockets,
                (channel, reply) = next_reply(&mut self.redis) => WakeReason::Redis(channel, reply),
                () = tokio::time::sleep_until(wake_at) => WakeReason::Due,
            };
            let now = self.clock.now();
            match woke {
                WakeReason::Stop => self.instance.handle(now, Input::Stop),
                WakeReason::Sockets => {
                    for (switch, input) in from_sockets.drain(..) {
                        self.instance.handle(now, Input::Link(switch, input));
                    }
                }
                WakeReason::Redis(channel, reply) => self.instance.handle(now, Input::Redis(channel, reply)),
                WakeReason::Configured(event) => self.instance.handle(now, Input::ConfigChanged(event)),
                WakeReason::Message(input) => self.take_message_input(now, input),
                WakeReason::Due => self.instance.handle(now, Input::Tick),
            }
            while let Some(id) = self.deliverers.next_done() {
                self.instance.handle(now, Input::Delivered(id));
            }
        }
    }

    fn take_message_input(&mut self, now: Instant, input: MessageInput) {
        match input {
            MessageInput::Outcome { id, attempt, outcome } => {
                self.instance.handle(now, Input::MessageOutcome { id, attempt, outcome });
            }
            MessageInput::Receipts { gateway, receipts, counted } => {
                let counts = self.instance.messages().count_receipts(&gateway, &receipts);
                self.instance.handle(now, Input::Receipts { gateway, receipts });
                // The client of the API may have gone.
                let _ = counted.send(counts);
            }
            MessageInput::List { filter, listed } => {
                let _ = listed.send(self.instance.messages().list(&filter));
            }
            MessageInput::Order { id, order, result } => {
                let _ = result.send(self.instance.order_message(now, &id, order));
                self.instance.handle(now, Input::Tick);
            }
        }
    }

    /// When the loop must wake at the latest.
    fn next_wake(&mut self) -> Instant {
        let now = self.clock.now();
        let beat = self.heartbeat.beat(now, &self.instance);
        let done = self.deliverers.have_unfinished().then_some(now + DELIVERY_CHECK_WAIT);
        [self.instance.deadline(), done].into_iter().flatten().fold(beat, Instant::min)
    }

    fn carry_out(&mut self, output: Output) -> Option<Result<(), InstanceError>> {
        match output {
            Output::Link(switch, output) => self.sockets.carry_out(&switch, output),
            Output::Redis(channel, request) => {
                if let Some(redis) = &mut self.redis {
                    redis.send(channel, request);
                }
            }
            Output::WriteFrames { number, frames } => {
                let kept = self.snapshot_file.as_mut().map_or_else(
                    || Err(io::Error::other("there is no file of live calls")),
                    |file| file.append(&frames),
                );
                let renews = *kept.as_ref().unwrap_or(&false);
                let outcome = kept.map(|_| ()).map_err(|error| error.to_string());
                self.instance.handle(self.clock.now(), Input::FramesWritten { number, outcome, renews });
            }
            Output::Deliver(delivery) => self.deliverers.deliver(delivery),
            Output::Send(request) => self.messages.send(*request),
            Output::Ended(end) => return Some(end),
        }
        None
    }
}

/// The next reply of Redis; never ready if there is no Redis.
async fn next_reply(
    redis: &mut Option<RedisConnections>,
) -> (RedisChannel, Result<RedisChannelReply, RedisFailure>) {
    match redis {
        Some(redis) => redis.next_reply().await,
        None => std::future::pending().await,
    }
}
