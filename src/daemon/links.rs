//! The links to the switches that we act for.

use crate::capture::Tap;
use crate::command::Action;
use crate::event::Event;
use crate::id::{CommandId, SwitchId};
use crate::switch::esl::link::{self, LinkError, LinkSettings};
use crate::switch::gate::Right;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The most orders that wait between the engine and a link.
pub(super) const ORDERS_MAX: usize = 65_536;
/// How long the links may take to write what is left when the daemon stops.
const LAST_WORDS_TIME_MAX: Duration = Duration::from_secs(5);

/// A link that ended by itself: its switch, and why. None where a fault of its own ended it.
pub(super) type Ended = Option<(SwitchId, LinkError)>;

/// All links.
pub(super) struct Links {
    known: BTreeMap<SwitchId, LinkSettings>,
    tap: Option<Tap>,
    inbox: mpsc::Sender<Event>,
    open: BTreeMap<SwitchId, Open>,
    tasks: JoinSet<(SwitchId, Result<(), LinkError>)>,
}

/// A link that has not ended.
struct Open {
    orders: mpsc::Sender<link::Order>,
    /// The connection of which was heard last that it is up.
    connection: u64,
}

impl Links {
    /// None is up yet. What they hear goes into the inbox.
    pub(super) fn new(
        settings: impl IntoIterator<Item = LinkSettings>,
        tap: Option<Tap>,
        inbox: mpsc::Sender<Event>,
    ) -> Self {
        let known = settings.into_iter().map(|link| (link.switch.clone(), link)).collect();
        Self { known, tap, inbox, open: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// The switches we know how to reach.
    pub(super) fn switches(&self) -> impl Iterator<Item = &SwitchId> {
        self.known.keys()
    }

    /// Begins to speak to a switch, as far as our right goes.
    pub(super) fn open(&mut self, switch: &SwitchId, right: Right) {
        let Some(settings) = self.known.get(switch).cloned() else { return };
        let (orders, orders_out) = mpsc::channel(ORDERS_MAX);
        self.open.insert(switch.clone(), Open { orders, connection: 0 });
        let (switch, inbox, tap) = (switch.clone(), self.inbox.clone(), self.tap.clone());
        self.tasks.spawn(async move { (switch, link::keep(settings, orders_out, inbox, tap, right).await) });
    }

    /// Nothing more is ordered: the link ends.
    pub(super) fn close(&mut self, switch: &SwitchId) {
        self.open.remove(switch);
    }

    /// Whether there is a link, up or not.
    pub(super) fn is_open(&self, switch: &SwitchId) -> bool {
        self.open.contains_key(switch)
    }

    /// This connection is up. What is ordered from now on is ordered by it.
    pub(super) fn came_up(&mut self, switch: &SwitchId, connection: u64) {
        if let Some(open) = self.open.get_mut(switch) {
            open.connection = connection;
        }
    }

    /// Hands an order to the link; false where nobody takes it.
    pub(super) fn order(&self, switch: &SwitchId, command: CommandId, action: Action) -> bool {
        self.open.get(switch).is_some_and(|open| {
            let order = link::Order { command, action, connection: open.connection };
            open.orders.try_send(order).is_ok()
        })
    }

    /// Waits until a link ends that was not to. Safe to be dropped in between.
    pub(super) async fn ended(&mut self) -> Ended {
        loop {
            match self.tasks.join_next().await {
                None => std::future::pending().await,
                Some(Ok((_, Ok(())))) => {}
                Some(Ok((switch, Err(error)))) => return Some((switch, error)),
                Some(Err(_)) => return None,
            }
        }
    }

    /// Lets the links write what is left.
    pub(super) async fn finish(mut self) -> Result<(), Ended> {
        self.open.clear();
        let ends = async {
            while let Some(ended) = self.tasks.join_next().await {
                match ended {
                    Ok((_, Ok(()))) => {}
                    Ok((switch, Err(error))) => return Err(Some((switch, error))),
                    Err(_) => return Err(None),
                }
            }
            Ok(())
        };
        tokio::time::timeout(LAST_WORDS_TIME_MAX, ends).await.unwrap_or_else(|_| {
            tracing::warn!("a switch did not take our last words");
            Ok(())
        })
    }
}
