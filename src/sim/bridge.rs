//! `uuid_bridge`: two legs are bridged, and later the bridge ends for both of them.

use super::actors::{AfterAnswer, HangsUp, Phone};
use super::app_run::{AppRun, FailedPlaybacks};
use super::channel::{AppActivity, ChannelCallState, ChannelState, Direction, Interrupt, Uuid};
use super::model::{ScheduledEvent, SwitchModel, TICK};
use super::stats::TimelineEvent;
use super::switch_event::{Header, header};

impl SwitchModel {
    /// Asks both legs to end their applications and start a bridge. Returns false if the legs cannot be bridged.
    pub(super) fn request_bridge(&mut self, one: &str, other: &str) -> bool {
        let alive = |uuid: &str| self.channels.get(uuid).filter(|channel| channel.cause.is_none());
        let (Some(one), Some(other)) = (alive(one), alive(other)) else { return false };
        if one.uuid == other.uuid || !(one.has_media() || other.has_media()) {
            return false;
        }
        // The originator of the bridge needs media (switch_ivr_bridge.c:2020).
        let (a, b) = if one.has_media() { (one, other) } else { (other, one) };
        let (a_uuid, b_uuid) = (a.uuid.clone(), b.uuid.clone());
        let (a_profile, b_profile) = (a.as_other_leg(false), b.as_other_leg(true));
        for (uuid, peer, profile, originator) in
            [(&a_uuid, &b_uuid, b_profile, true), (&b_uuid, &a_uuid, a_profile, false)]
        {
            let Some(channel) = self.channels.get_mut(uuid) else { continue };
            for (name, value) in
                [("bridge_channel", profile.name.as_str()), ("bridge_uuid", peer), ("signal_bond", peer)]
            {
                channel.set(name, value);
            }
            channel.other_leg = Some(profile);
            channel.profile += 1;
            channel.next_state = Some(ChannelState::Hibernate);
            channel.interrupt = Some(Interrupt::Bridge { peer: peer.clone(), originator });
            self.schedule_tick(uuid);
        }
        true
    }

    /// A leg ends its applications before the bridge. The originator starts the bridge two ticks later, when the peer
    /// is in the state `CS_HIBERNATE`. If the originator is hung up before that, the switch never wakes the peer
    /// (switch_ivr_bridge.c:1111-1260): the client that requested the bridge must hang the peer up.
    pub(super) fn prepare_bridge(&mut self, uuid: &Uuid, peer: &Uuid, originator: bool) {
        if !self.unwind(uuid, FailedPlaybacks::Every) {
            return;
        }
        for state in [ChannelState::Hibernate, ChannelState::Reset] {
            self.set_state(uuid, state);
        }
        if originator {
            self.set_state(uuid, ChannelState::SoftExecute);
        }
        if originator && self.channels.get(peer).is_none_or(|peer| peer.cause.is_some()) {
            self.peer_ended_before_bridge(uuid);
        } else if originator {
            self.schedule_at(
                self.now + TICK + TICK,
                ScheduledEvent::BridgeStarts(uuid.clone(), peer.clone()),
            );
        }
    }

    /// Starts the bridge of `a`, the originator, and `b`. If only one of them is answered, the other one is
    /// answered too.
    pub(super) fn start_bridge(&mut self, a: &Uuid, b: &Uuid) {
        let alive = |uuid: &Uuid| self.channels.get(uuid).is_some_and(|channel| channel.cause.is_none());
        match (alive(a), alive(b)) {
            (true, true) => {}
            // The originator waits for a peer that is gone (switch_ivr_bridge.c:1190).
            (true, false) => return self.hang_up_now(a, "ORIGINATOR_CANCEL", true),
            (false, true | false) => return,
        }
        self.set_state(b, ChannelState::SoftExecute);
        for (uuid, peer) in [(a, b), (b, a)] {
            let headers =
                vec![header("Application", "uuid_bridge"), header("Application-Data", peer.to_string())];
            if let Some(channel) = self.channels.get_mut(uuid) {
                channel.set("current_application", "uuid_bridge");
            }
            self.channel_event(uuid, "CHANNEL_EXECUTE", headers);
        }
        if self.channels.get(b).is_some_and(|channel| channel.answered) {
            self.answer(a);
        } else if self.channels.get(a).is_some_and(|channel| channel.answered) {
            self.answer(b);
        }
        let now = self.now;
        for (uuid, peer, originator) in [(a, b, true), (b, a, false)] {
            if let Some(channel) = self.channels.get_mut(uuid) {
                channel.bridge = Some(peer.clone());
                channel.originator = originator;
                channel.bridged_at = Some(now);
                channel.set("last_bridge_to", peer);
            }
        }
        self.set_state(b, ChannelState::ExchangeMedia);
        self.channel_event_with(a, "CHANNEL_BRIDGE", bridge_headers(a, b), Vec::new(), None);
        self.start_talk(a, b);
        // Messages that are still queued run during the bridge.
        for uuid in [a, b] {
            if self.channels.get(uuid).is_some_and(|channel| !channel.messages.is_empty()) {
                self.schedule_tick(uuid);
            }
        }
    }

    /// Caller and agent talk from here on: updates the reports and schedules the hang-ups of the two people.
    fn start_talk(&mut self, a: &Uuid, b: &Uuid) {
        let now = self.now;
        self.record_event(TimelineEvent::Bridged { leg: a.clone(), peer: b.clone() });
        for (uuid, peer) in [(a, b), (b, a)] {
            let Some(channel) = self.channels.get(uuid) else { continue };
            let after_answer = channel.phone.and_then(Phone::answered).map(|(_, after_answer)| after_answer);
            let wait = match (channel.direction, channel.hangs_up, after_answer) {
                (Direction::Inbound, HangsUp::AfterBridge(wait), _)
                | (Direction::Outbound, _, Some(AfterAnswer::TalksFor(wait))) => Some(wait),
                _ => None,
            };
            let peer_party = self.channels.get(peer).map(|peer| (peer.direction, peer.dialled.clone()));
            let inbound = channel.direction == Direction::Inbound;
            if let Some(wait) = wait {
                self.schedule_at(now + wait, ScheduledEvent::PersonLeaves(uuid.clone()));
            }
            if let (true, Some((Direction::Outbound, number))) = (inbound, peer_party) {
                self.stats.sound_begins(uuid, now);
                self.stats.call(uuid, |call| {
                    call.bridged.get_or_insert(now.since(call.dialled_at));
                    call.bridged_with.push(number);
                });
                if let Some(agent) = self.channels.get_mut(peer) {
                    agent.caller_leg.get_or_insert_with(|| uuid.clone());
                }
            }
        }
    }

    /// The peer was hung up before the bridge started (switch_ivr_bridge.c:1261).
    fn peer_ended_before_bridge(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get(uuid) else { return };
        if channel.is_true("park_after_bridge") {
            self.park_without_app(uuid);
        } else if let Some(to) = channel.variable("transfer_after_bridge").map(str::to_owned) {
            self.transfer_now(uuid, &to);
        } else {
            self.hang_up_now(uuid, "DESTINATION_OUT_OF_ORDER", true);
        }
    }

    /// A bridged leg leaves the bridge. Its peer is informed a tick later.
    pub(super) fn unbridge(&mut self, uuid: &Uuid, cause: &str) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(peer) = channel.bridge.take() else { return };
        let originator = std::mem::take(&mut channel.originator);
        self.stats.sound_ends(uuid, self.now);
        if originator {
            self.channel_event_with(uuid, "CHANNEL_UNBRIDGE", bridge_headers(uuid, &peer), Vec::new(), None);
        }
        let event = ScheduledEvent::BridgeEnds { leg: peer, peer: uuid.clone(), cause: cause.into() };
        self.schedule_at(self.now + TICK, event);
    }

    /// The peer of a bridged leg has left the bridge (switch_ivr_bridge.c:990 and 1879-1945).
    pub(super) fn peer_left(&mut self, uuid: &Uuid, peer: &Uuid, cause: &str) {
        let is_bridged = |channel: &&mut super::channel::Channel| channel.bridge.as_ref() == Some(peer);
        let Some(channel) = self.channels.get_mut(uuid).filter(is_bridged) else { return };
        if !channel.stack.is_empty() && channel.cause.is_none() {
            channel.departed_peer = Some((peer.clone(), cause.into()));
            return;
        }
        channel.bridge = None;
        if channel.cause.is_some() {
            return;
        }
        let originator = channel.originator;
        let park = channel.is_true("park_after_bridge");
        let transfer = channel.variable("transfer_after_bridge").map(str::to_owned);
        let hang_up = channel.is_true("hangup_after_bridge");
        let has_actions = !channel.dialplan_actions.is_empty();
        self.stats.sound_ends(uuid, self.now);
        if originator {
            self.channel_event_with(uuid, "CHANNEL_UNBRIDGE", bridge_headers(uuid, peer), Vec::new(), None);
        }
        if park {
            self.park_without_app(uuid);
        } else if let Some(to) = transfer {
            self.transfer_now(uuid, &to);
        } else if originator && hang_up {
            self.hang_up_now(uuid, cause, true);
        } else if originator && has_actions {
            self.set_state(uuid, ChannelState::Execute);
            self.run_dialplan(uuid);
        } else {
            self.hang_up_now(uuid, "NORMAL_CLEARING", true);
        }
    }

    /// The switch parks a leg by itself, without the application `park`.
    fn park_without_app(&mut self, uuid: &Uuid) {
        self.set_state(uuid, ChannelState::Park);
        self.channel_event(uuid, "CHANNEL_PARK", Vec::new());
        let run = AppRun { app: "park".into(), data: String::new(), uuid: uuid.clone(), message: None };
        let lasts = self.take_park_timeout(uuid);
        self.push_app(uuid, run, AppActivity::Park { by_state: true }, lasts);
        // Messages that arrived before the bridge run now: a parked channel looks at its queue with every frame.
        if self.channels.get(uuid).is_some_and(|channel| !channel.messages.is_empty()) {
            self.schedule_tick(uuid);
        }
    }

    /// The leg goes to another extension now. Its applications have already ended.
    pub(super) fn transfer_now(&mut self, uuid: &Uuid, to: &str) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.set_destination(to);
        channel.dialplan_actions.clear();
        if channel.call_state == ChannelCallState::Hangup {
            return;
        }
        self.set_state(uuid, ChannelState::Routing);
        self.route(uuid);
    }
}

fn bridge_headers(a: &Uuid, b: &Uuid) -> Vec<Header> {
    vec![header("Bridge-A-Unique-ID", a.to_string()), header("Bridge-B-Unique-ID", b.to_string())]
}
