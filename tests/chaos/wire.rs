//! A piece of wire between a daemon and a switch that is cut, stands still, or dies without a word.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Whoever connects to its port reaches the switch, for as long as nothing is wrong with it.
pub struct Wire {
    pub port: u16,
    state: watch::Sender<State>,
    /// How many connections of today's generation are up.
    up: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Connections of an earlier generation end.
    generation: u64,
    /// Connections of an earlier one than this carry nothing any more, and nobody is told.
    alive_since: u64,
    /// Nobody gets through.
    shut: bool,
    orders_wait: bool,
    events_wait: bool,
}

#[derive(Clone, Copy)]
enum Way {
    Orders,
    Events,
}

impl State {
    fn waits(&self, way: Way) -> bool {
        match way {
            Way::Orders => self.orders_wait,
            Way::Events => self.events_wait,
        }
    }
}

impl Wire {
    pub async fn to(switch: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, states) = watch::channel(State { generation: 1, ..State::default() });
        let up = Arc::new(AtomicUsize::new(0));
        tokio::spawn(welcome(listener, switch, states, up.clone()));
        Self { port, state, up }
    }

    /// Whether nothing is wrong with it.
    pub fn is_whole(&self) -> bool {
        let state = *self.state.borrow();
        !(state.shut || state.orders_wait || state.events_wait)
    }

    /// Whether somebody is connected, and what both sides say arrives at once.
    pub fn carries(&self) -> bool {
        self.is_whole() && self.up.load(Ordering::Relaxed) > 0
    }

    /// Whether somebody is connected, and what the daemon says arrives, whatever it hears.
    pub fn carries_orders(&self) -> bool {
        let state = *self.state.borrow();
        !(state.shut || state.orders_wait) && self.up.load(Ordering::Relaxed) > 0
    }

    /// Ends what is connected, and lets nobody connect.
    pub fn cut(&self) {
        self.state.send_modify(|state| {
            state.generation += 1;
            state.shut = true;
        });
    }

    /// Lets events wait, and orders too where `both`.
    pub fn stall(&self, both: bool) {
        self.state.send_modify(|state| {
            state.events_wait = true;
            state.orders_wait = both;
        });
    }

    /// What is connected is lost for ever, and neither side hears of it; who connects anew gets through.
    pub fn lose(&self) {
        self.state.send_modify(|state| {
            state.generation += 1;
            state.alive_since = state.generation;
        });
    }

    /// Nothing is wrong any more: what waited arrives.
    pub fn mend(&self) {
        self.state.send_modify(|state| {
            *state = State { shut: false, orders_wait: false, events_wait: false, ..*state };
        });
    }
}

async fn welcome(
    listener: TcpListener,
    switch: SocketAddr,
    states: watch::Receiver<State>,
    up: Arc<AtomicUsize>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let state = *states.borrow();
        if state.shut {
            continue;
        }
        let Ok(far) = TcpStream::connect(switch).await else { continue };
        let (near, far) = (near.into_split(), far.into_split());
        let connection = Connection { born: state.generation, states: states.clone(), up: up.clone() };
        tokio::spawn(connection.carry(near, far));
    }
}

struct Connection {
    born: u64,
    states: watch::Receiver<State>,
    up: Arc<AtomicUsize>,
}

impl Connection {
    async fn carry(self, near: (OwnedReadHalf, OwnedWriteHalf), far: (OwnedReadHalf, OwnedWriteHalf)) {
        self.up.fetch_add(1, Ordering::Relaxed);
        let mut states = self.states.clone();
        let born = self.born;
        let ((near_in, mut near_out), (far_in, mut far_out)) = (near, far);
        let fell_ill = tokio::select! {
            () = pass(near_in, &mut far_out, Way::Orders, self.states.clone()) => false,
            () = pass(far_in, &mut near_out, Way::Events, self.states.clone()) => false,
            // The sender lives as long as the wire.
            _ = states.wait_for(|state| state.generation > born) => true,
        };
        self.up.fetch_sub(1, Ordering::Relaxed);
        if fell_ill && states.borrow().alive_since > born {
            // The daemon gives such a connection up by closing it; the switch is not told before the next cut.
            let _ = states.wait_for(|state| state.generation > state.alive_since).await;
        }
    }
}

/// Carries what one side says until it says no more. What was read when the way stood still waits, too.
async fn pass(
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    way: Way,
    mut states: watch::Receiver<State>,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if states.wait_for(|state| !state.waits(way)).await.is_err() {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
}
