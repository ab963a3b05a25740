//! What is kept of live calls, wherever it is kept.

use crate::engine::Engine;
use crate::event::KeptCall;
use crate::hotline::Hotline;
use crate::id::{CallId, SwitchId};
use crate::store::{Input, Store};
use crate::time::Instant;
use std::sync::Arc;

/// What one turn of the loop changed. It is kept as a whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The calls that are new or changed.
    pub live: Vec<LiveCall>,
    /// The calls that ended.
    pub over: Vec<CallId>,
    /// What went into the store.
    pub inputs: Vec<(Instant, Input)>,
    /// Call records that are not in their file yet.
    pub records: Vec<(CallId, String)>,
    /// The calls whose records are.
    pub written: Vec<CallId>,
}

impl Turn {
    /// What changed in an engine since that was asked last.
    pub fn of(engine: &mut Engine) -> Self {
        let mut turn = Self { inputs: engine.inputs(), ..Self::default() };
        engine.switchboard.changes(
            |over| turn.over.push(over),
            |saved, hotline| {
                let (call, switch) = (saved.call().clone(), saved.switch().clone());
                turn.live.push(LiveCall { call, switch, hotline: hotline.cloned(), bytes: saved.to_bytes() });
            },
        );
        turn
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let Self { live, over, inputs, records, written } = self;
        live.is_empty() && over.is_empty() && inputs.is_empty() && records.is_empty() && written.is_empty()
    }
}

/// A live call.
#[derive(Clone, Debug)]
pub struct LiveCall {
    /// The call.
    pub call: CallId,
    /// Where it is.
    pub switch: SwitchId,
    /// The version of the hotline that it follows.
    pub hotline: Option<Arc<Hotline>>,
    /// What it was saved as.
    pub bytes: Vec<u8>,
}

/// What a daemon before us left.
#[derive(Debug, Default)]
pub struct Kept {
    /// Its live calls.
    pub calls: Vec<KeptCall>,
    /// The versions of hotlines that they follow.
    pub hotlines: Vec<Arc<Hotline>>,
    /// What calls share.
    pub store: Store,
    /// Call records that may not be in their file.
    pub records: Vec<(CallId, String)>,
    /// The calls whose records are.
    pub written: Vec<CallId>,
    /// What could not be read of it, each in a sentence.
    pub losses: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Limits;
    use crate::event::{Arrival, Event};

    #[test]
    fn a_call_is_told_when_it_changed_and_when_it_may_be_lost() {
        let mut engine = Engine::new(Limits::default());
        let arrive = |name: &str, engine: &mut Engine| {
            let arrival = Arrival {
                switch: SwitchId("fs".into()),
                leg: name.parse().unwrap(),
                dialled: "4008001234".into(),
                caller: "13800138000".into(),
                seed: 1,
                answered: false,
            };
            engine.turn(Instant(1), &Event::Arrived(arrival), &mut Vec::new(), &mut |_| {});
        };
        let told = |engine: &mut Engine| -> Vec<String> {
            Turn::of(engine).live.iter().map(|live| format!("{} at {}", live.call, live.switch)).collect()
        };
        arrive("a", &mut engine);
        arrive("b", &mut engine);
        assert_eq!(told(&mut engine), ["a at fs", "b at fs"]);
        assert_eq!(told(&mut engine), [""; 0]);
        engine.switchboard.tell_again(&"b".parse().unwrap());
        engine.switchboard.tell_again(&"never".parse().unwrap());
        assert_eq!(told(&mut engine), ["b at fs"]);
        arrive("c", &mut engine);
        engine.switchboard.tell_all();
        assert_eq!(told(&mut engine), ["c at fs", "a at fs", "b at fs"], "each once");
    }
}
