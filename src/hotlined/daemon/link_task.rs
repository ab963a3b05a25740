//! One link to a switch without an instance: for `hotlined capture`, and for tests of the wire.

use super::clock::Clock;
use super::sockets::{Sockets, random};
use crate::capture::CaptureWriter;
use hotlined_core::event::Event;
use hotlined_instance::LinkInput;
use hotlined_instance::switch::freeswitch::link::{Link, LinkEnd, LinkSettings, SwitchCommand, WritePermit};
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};
use tokio::sync::mpsc;

/// The link's authority to write to its switch.
#[derive(Debug)]
pub struct LinkAuthority {
    /// The lease token that is written at the switch.
    pub claim: Option<(LeaseToken, Activation)>,
    /// Until when the link may write, at the begin.
    pub permit: WritePermit,
    /// Later permits. `None` ends the link at once.
    pub permit_changes: mpsc::Receiver<Option<WritePermit>>,
}

impl LinkAuthority {
    /// The authority of a listener, and of a daemon that has the switch for itself.
    pub fn undisputed() -> Self {
        let (_, changes) = mpsc::channel(1);
        Self { claim: None, permit: WritePermit::Always, permit_changes: changes }
    }
}

/// Keeps the link connected until the sender of `orders` is dropped or the link ends by itself. Events wait in the
/// link while the channel `inbox` is full.
///
/// # Errors
/// If the first connection is refused for a reason that only the operator can mend, or another daemon holds the switch
/// by a token that takes precedence.
pub async fn run_link(
    settings: LinkSettings,
    mut orders: mpsc::Receiver<SwitchCommand>,
    inbox: mpsc::Sender<Event>,
    capture: Option<CaptureWriter>,
    mut authority: LinkAuthority,
) -> LinkEnd {
    let (clock, switch) = (Clock::start(), settings.switch.clone());
    let mut sockets = Sockets::new(clock, [settings.clone()], capture);
    let mut link = Link::new(clock.now(), settings, (authority.claim, authority.permit), random() | 1);
    let (mut orders_may_come, mut permits_may_come) = (true, true);
    let mut inputs = Vec::new();
    loop {
        // The owner of the link dropped the sender.
        if orders_may_come && orders.is_closed() && orders.is_empty() {
            orders_may_come = false;
            link.log_out(clock.now());
        }
        while let Some(output) = link.next_output(clock.now()) {
            sockets.carry_out(&switch, output);
        }
        sockets.flush();
        // As many events as the channel takes without waiting.
        while link.backlog_len() > 0 {
            match inbox.try_reserve() {
                Ok(room) => {
                    if let Some(event) = link.next_event() {
                        room.send(event);
                    }
                }
                Err(mpsc::error::TrySendError::Full(())) => break,
                Err(mpsc::error::TrySendError::Closed(())) => drop(link.next_event()),
            }
        }
        if let Some(end) = link.take_end() {
            return end;
        }
        let deadline = link.deadline(clock.now());
        let wake_at = deadline.map(|at| clock.wake_at(at));
        tokio::select! {
            biased;
            change = authority.permit_changes.recv(), if permits_may_come => match change {
                Some(Some(permit)) => link.set_permit(permit),
                Some(None) => link.revoke(),
                None => permits_may_come = false,
            },
            () = sockets.next(&mut inputs) => {}
            permit = inbox.reserve(), if link.backlog_len() > 0 => drop(permit),
            order = orders.recv(), if orders_may_come => {
                if let Some(order) = order {
                    link.send_command(clock.now(), order);
                }
            }
            () = wait_until(wake_at) => {}
        }
        for (_, input) in inputs.drain(..) {
            match input {
                LinkInput::Connected(number) => link.connected(clock.now(), number),
                LinkInput::ConnectFailed(error) => link.connect_failed(clock.now(), error),
                LinkInput::Received(bytes) => link.received(clock.now(), bytes),
                LinkInput::Closed(error) => link.closed(clock.now(), error),
            }
        }
        link.due(clock.now());
    }
}

async fn wait_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
