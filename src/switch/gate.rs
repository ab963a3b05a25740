//! Whether we may speak to a switch now.
//!
//! Who acts for a switch does so for a while, and longer only if it says so in time. A daemon that was paused and
//! does not know it yet must not say anything that it had decided before: so whoever writes to the switch looks here
//! last, after everything else that may take time.

use super::claim::Claim;
use tokio::sync::watch;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Until(Instant),
    Open,
    Shut,
}

/// What a link asks before it writes.
#[derive(Clone, Debug)]
pub struct Gate(watch::Receiver<State>);

/// By what right a link speaks to its switch.
#[derive(Clone, Debug)]
pub struct Right {
    /// Whether we may speak now.
    pub gate: Gate,
    /// What we say of it, and hold against what others say; none where nobody else could act.
    pub claim: Option<Claim>,
}

impl Right {
    /// Where nobody else could act, and for whoever only listens.
    pub fn undisputed() -> Self {
        Self { gate: Gate::always_open(), claim: None }
    }
}

/// What opens a gate. When it is dropped, the gate stays as it is.
#[derive(Debug)]
pub struct Key(watch::Sender<State>);

impl Key {
    /// We may speak until then.
    pub fn open_until(&self, until: Instant) {
        self.turn(State::Until(until));
    }

    /// We may not speak any more, ever.
    pub fn shut(&self) {
        self.turn(State::Shut);
    }

    fn turn(&self, state: State) {
        // What is shut stays so.
        self.0.send_if_modified(|now| {
            let turns = *now != State::Shut && *now != state;
            if turns {
                *now = state;
            }
            turns
        });
    }
}

impl Gate {
    /// A gate that is open until then, and its key.
    pub fn until(until: Instant) -> (Key, Self) {
        let (key, gate) = watch::channel(State::Until(until));
        (Key(key), Self(gate))
    }

    /// A gate that is always open: no other daemon acts for the switch.
    pub fn always_open() -> Self {
        Self(watch::channel(State::Open).1)
    }

    /// Whether we may speak now.
    pub fn is_open(&self) -> bool {
        match *self.0.borrow() {
            State::Until(until) => Instant::now() < until,
            State::Open => true,
            State::Shut => false,
        }
    }

    /// Whether it will never be open again.
    pub fn is_shut(&self) -> bool {
        *self.0.borrow() == State::Shut
    }

    /// Waits until it is open.
    pub async fn opened(&mut self) {
        while !self.is_open() {
            self.turned().await;
        }
    }

    /// Waits until it is shut for good.
    pub async fn shut(&mut self) {
        while !self.is_shut() {
            self.turned().await;
        }
    }

    async fn turned(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody has the key any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_gate_closes_by_itself_and_what_is_shut_stays_shut() {
        let span = Duration::from_secs(2);
        let (key, mut gate) = Gate::until(Instant::now() + span);
        assert!(gate.is_open());
        tokio::time::advance(span).await;
        assert!(!gate.is_open() && !gate.is_shut());
        let mut other = gate.clone();
        let opened = tokio::spawn(async move { other.opened().await });
        tokio::task::yield_now().await;
        assert!(!opened.is_finished());
        key.open_until(Instant::now() + span);
        opened.await.unwrap();
        key.shut();
        key.open_until(Instant::now() + span * 10);
        gate.shut().await;
        assert!(!gate.is_open() && gate.is_shut());
    }

    #[tokio::test]
    async fn a_gate_without_a_key_stays_as_it_is() {
        let mut gate = Gate::always_open();
        assert!(gate.is_open());
        gate.opened().await;
        let never = tokio::time::timeout(Duration::from_millis(5), gate.shut()).await;
        assert!(never.is_err());
    }
}
