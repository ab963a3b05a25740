use super::*;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::acd::AcdInput;
use hotlined_core::command::{AcdRequest, Candidate, Claim, Pick, PoolId};
use hotlined_core::event::{AcdReply, Event, RawSavedCall};
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::persist::frames::{FrameWriter, calls_in};
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_instance::persist::snapshot::{LiveCall, TurnChanges};
use std::path::Path;
use std::sync::Arc;

/// Later than anything that is kept here.
const NOW: Instant = Instant(1_000_000);

fn call(name: &str) -> CallId {
    name.parse().unwrap()
}

fn hotline(name: &str) -> Arc<Hotline> {
    let agent = Agent::new("01", Dial::phone("13900000001").unwrap());
    Arc::new(SimpleHotline::default().hotline("4008001234", name, vec![agent]))
}

fn live(name: &str, state: &str, hotline: Option<Arc<Hotline>>) -> LiveCall {
    let kept = RawSavedCall { format: 2, call: call(name), at: None, state: state.into() };
    LiveCall {
        call: call(name),
        switch: SwitchId("fs".into()),
        hotline,
        bytes: rmp_serde::to_vec_named(&kept).unwrap(),
    }
}

fn admit(name: &str) -> AcdInput {
    let id = CommandId { call: call(name), number: 1 };
    AcdInput::Request(
        id,
        AcdRequest::Admit { hotline: "4008001234".into(), calls_max: Some(1), recent: None },
    )
}

/// A file, and who writes frames for it.
struct Keeper(SnapshotFile, FrameWriter);

impl Keeper {
    fn open(path: &Path) -> (Self, PersistedState) {
        Self::open_at(path, NOW)
    }

    fn open_at(path: &Path, now: Instant) -> (Self, PersistedState) {
        let (file, kept) = SnapshotFile::open(path, now).unwrap();
        let mut frames = FrameWriter::default();
        frames.add_known_versions(&kept.hotlines);
        (Self(file, frames), kept)
    }

    fn keep(&mut self, turn: TurnChanges) {
        if self.0.append(&self.1.turn_frame(turn)).unwrap() {
            self.1.forget_known_versions();
        }
    }
}

fn record(name: &str, line: &str) -> Delivery {
    Delivery { id: DeliveryId::record(call(name)), payload: line.to_owned() }
}

fn states(kept: &PersistedState) -> Vec<(String, String)> {
    let state = |kept: &RawSavedCall| (kept.call.to_string(), kept.state.as_str().unwrap().to_owned());
    kept.calls.iter().map(state).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(call, state)| ((*call).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn what_was_kept_is_there_for_the_next_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (mut file, kept) = Keeper::open(&path);
    assert!(kept.calls.is_empty() && kept.deliveries.is_empty() && kept.losses.is_empty());
    let old = hotline("Old");
    let calls = vec![live("a", "rings", Some(old.clone())), live("b", "rings", None)];
    file.keep(TurnChanges { live: calls, inputs: vec![(Instant(5), admit("a"))], ..TurnChanges::default() });
    let switch = || SwitchId("fs".into());
    let deliveries = vec![(switch(), record("b", "{}")), (switch(), record("z", "[]"))];
    file.keep(TurnChanges {
        live: vec![live("a", "talks", Some(old.clone()))],
        deliveries,
        ..TurnChanges::default()
    });
    let done = vec![DeliveryId::record(call("b"))];
    file.keep(TurnChanges { over: vec![call("b")], done, ..TurnChanges::default() });
    // Twice: the second time out of the file that the first wrote anew.
    drop(file);
    for _ in 0..2 {
        let (file, mut kept) = Keeper::open(&path);
        assert_eq!(states(&kept), pairs(&[("a", "talks")]));
        assert_eq!(kept.hotlines, std::slice::from_ref(&old));
        assert_eq!(kept.deliveries, [record("z", "[]")]);
        let mut answers = Vec::new();
        kept.store.take(Instant(9), &admit("c"), &mut answers);
        let full = AcdReply::Admitted { room: false, recent: 0 };
        let command = CommandId { call: call("c"), number: 1 };
        assert_eq!(answers, [Event::Acd { command, reply: full }], "a is counted in still");
        drop(file);
    }
}

#[test]
fn where_the_clock_was_set_back_the_store_goes_on_by_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let hour = Millis::seconds(3_600);
    let agents = vec![Candidate { line: LineId("a".into()), lines: 1, share: 1 }];
    let claim = Claim { pool: PoolId("sales".into()), agents, pick: Pick::First, caller: None, wait: None };
    let ask = |number, request| AcdInput::Request(CommandId { call: call("a"), number }, request);
    let rest = AcdRequest::Release { claim: 1, talked: true, rest: Millis(10_000) };
    let inputs =
        vec![(NOW + hour, ask(1, AcdRequest::Claim(claim.clone()))), (NOW + hour + Millis(5), ask(2, rest))];
    let (mut file, _) = Keeper::open_at(&path, NOW + hour);
    file.keep(TurnChanges { inputs, ..TurnChanges::default() });
    drop(file);
    // The rest goes on, and a daemon after that finds it as this one does.
    for already in [0, 4_000] {
        let now = NOW + Millis(already);
        let (file, mut kept) = Keeper::open_at(&path, now);
        assert_eq!(kept.store.deadline(), Some(NOW + Millis(10_000)), "{already}");
        let mut answers = Vec::new();
        kept.store.take(now + Millis(1), &ask(3, AcdRequest::Claim(claim.clone())), &mut answers);
        kept.store.take(NOW + Millis(10_000), &ask(4, AcdRequest::Claim(claim.clone())), &mut answers);
        let line = AcdReply::Claimed { line: LineId("a".into()) };
        let said = [(3, AcdReply::Refused), (4, line)].map(|(number, answer)| Event::Acd {
            command: CommandId { call: call("a"), number },
            reply: answer,
        });
        assert_eq!(answers, said, "{already}");
        drop(file);
    }
}

#[test]
fn a_file_has_one_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (first, _) = SnapshotFile::open(&path, NOW).unwrap();
    assert!(matches!(SnapshotFile::open(&path, NOW), Err(SnapshotFileError::Locked(_))));
    drop(first);
    assert!(SnapshotFile::open(&path, NOW).is_ok());
}

#[test]
fn a_write_that_was_cut_off_costs_its_own_turn_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (mut file, _) = Keeper::open(&path);
    file.keep(TurnChanges { live: vec![live("a", "rings", None)], ..TurnChanges::default() });
    let before = std::fs::metadata(&path).unwrap().len() as usize;
    file.keep(TurnChanges { live: vec![live("b", "rings", None)], ..TurnChanges::default() });
    drop(file);
    let bytes = std::fs::read(&path).unwrap();
    let other = folder.path().join("other");
    let reopened = |bytes: &[u8]| {
        std::fs::write(&other, bytes).unwrap();
        SnapshotFile::open(&other, NOW).unwrap().1
    };
    for end in before..bytes.len() {
        let kept = reopened(&bytes[..end]);
        assert_eq!((states(&kept), kept.losses.len()), (pairs(&[("a", "rings")]), 0), "cut at {end}");
    }
    for at in before + 8..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let kept = reopened(&damaged);
        assert_eq!((states(&kept), kept.losses.len()), (pairs(&[("a", "rings")]), 1), "damaged at {at}");
        assert_eq!(std::fs::read(folder.path().join("other.damaged")).unwrap(), damaged);
    }
    std::fs::write(&other, "hotlined live state 9\n").unwrap();
    assert!(matches!(SnapshotFile::open(&other, NOW), Err(SnapshotFileError::Foreign { .. })));
    assert_eq!(std::fs::read(&other).unwrap(), b"hotlined live state 9\n", "it is left as it was");
}

#[test]
fn a_file_that_has_grown_is_written_anew_while_turns_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (mut file, _) = Keeper::open(&path);
    let state = "x".repeat(1 << 20);
    let mut largest = 0;
    let mut smaller = false;
    for turn in 0..200 {
        let (version, name) = (hotline(&format!("Version {turn}")), format!("{turn}"));
        let calls = vec![live("a", &state, Some(version)), live("b", &name, None)];
        file.keep(TurnChanges { live: calls, over: vec![call("gone")], ..TurnChanges::default() });
        let size = std::fs::metadata(&path).unwrap().len();
        smaller |= size < largest;
        largest = largest.max(size);
    }
    assert!(smaller, "it only grew, to {largest} bytes");
    drop(file);
    let (_file, kept) = SnapshotFile::open(&path, NOW).unwrap();
    assert_eq!(states(&kept), pairs(&[("a", &state), ("b", "199")]));
    let names: Vec<&str> = kept.hotlines.iter().map(|hotline| &*hotline.name).collect();
    assert_eq!(names, ["Version 199"], "the others are followed by nobody");
}

#[test]
fn a_frame_of_everything_stands_for_all_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (mut file, _) = Keeper::open(&path);
    let shop = hotline("Shop");
    let switch = SwitchId("fs".into());
    let deliveries = vec![(switch.clone(), record("a", "{}"))];
    let calls = vec![live("a", "rings", Some(shop.clone())), live("b", "rings", None)];
    file.keep(TurnChanges {
        live: calls,
        deliveries,
        inputs: vec![(Instant(5), admit("a"))],
        ..TurnChanges::default()
    });
    let deliveries = vec![(switch, record("z", "[]"))];
    let turn = TurnChanges {
        live: vec![live("b", "talks", Some(shop.clone()))],
        deliveries,
        ..TurnChanges::default()
    };
    let everything = file.1.full_frame(hotlined_core::acd::Acd::default(), turn);
    file.0.append(&everything).unwrap();
    drop(file);
    let (_file, mut kept) = Keeper::open(&path);
    assert_eq!((states(&kept), kept.deliveries), (pairs(&[("b", "talks")]), vec![record("z", "[]")]));
    assert_eq!(kept.hotlines, [shop]);
    let mut answers = Vec::new();
    kept.store.take(Instant(9), &admit("c"), &mut answers);
    let room = AcdReply::Admitted { room: true, recent: 0 };
    assert_eq!(answers, [Event::Acd { command: CommandId { call: call("c"), number: 1 }, reply: room }]);
}

#[test]
fn what_frames_tell_of_can_be_asked_without_a_file() {
    let mut frames = FrameWriter::default();
    let mut bytes =
        frames.turn_frame(TurnChanges { live: vec![live("a", "rings", None)], ..TurnChanges::default() });
    bytes.extend(frames.turn_frame(TurnChanges { over: vec![call("b")], ..TurnChanges::default() }));
    bytes.extend(
        frames.turn_frame(TurnChanges { inputs: vec![(Instant(1), admit("c"))], ..TurnChanges::default() }),
    );
    assert_eq!(calls_in(&bytes), ["a", "b", "c"].map(call).into());
}
