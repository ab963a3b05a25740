//! Hang-up and transfer of a channel.
//!
//! A hang-up by the far end ends the channel in the same instant. A hang-up by an `api` command emits `CHANNEL_HANGUP`
//! at once and ends the channel at its next tick.

use super::app_run::FailedPlaybacks;
use super::channel::{ChannelCallState, ChannelState, Direction, Interrupt, Uuid};
use super::model::{ScheduledEvent, SwitchModel, TICK};
use super::stats::TimelineEvent;
use super::switch_event::header;

impl SwitchModel {
    /// Hangs the channel up and ends it in the same instant.
    pub(super) fn hang_up_now(&mut self, uuid: &Uuid, cause: &str, from_outside: bool) {
        if self.channels.get(uuid).is_some_and(|channel| channel.cause.is_none()) {
            self.mark_hung_up(uuid, cause);
            self.end_channel(uuid, from_outside);
        }
    }

    /// The far end hangs up with this SIP status. Only then is the variable `sip_term_status` set (sofia.c:1036 and
    /// 8726); the variable distinguishes a hang-up by the far end from a hang-up by the switch.
    pub(super) fn far_end_hangs_up(&mut self, uuid: &Uuid, status: &str, cause: &str) {
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.set("sip_term_status", status);
        self.hang_up_now(uuid, cause, true);
    }

    /// Marks the channel as hung up. The channel ends at its next tick, or at once if it is idle.
    pub(super) fn request_hangup(&mut self, uuid: &Uuid, cause: &str) {
        if self.channels.get(uuid).is_none_or(|channel| channel.cause.is_some()) {
            return;
        }
        self.mark_hung_up(uuid, cause);
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        if channel.stack.is_empty() && channel.bridge.is_none() {
            return self.end_channel(uuid, true);
        }
        channel.interrupt = Some(Interrupt::Hangup);
        self.schedule_tick(uuid);
    }

    /// Transfers the channel to another extension at its next tick.
    pub(super) fn request_transfer(&mut self, uuid: &Uuid, to: &str) {
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.set_destination(to);
        channel.next_state = Some(ChannelState::Routing);
        channel.interrupt = Some(Interrupt::Transfer(to.into()));
        self.schedule_tick(uuid);
    }

    /// Sets the hang-up cause and emits `CHANNEL_HANGUP`. Only the first hang-up of a channel counts; its cause stays.
    pub(super) fn mark_hung_up(&mut self, uuid: &Uuid, cause: &str) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.cause = Some(known_cause(cause).into());
        channel.hungup_at = Some(now);
        let (direction, caller_leg, number) =
            (channel.direction, channel.caller_leg.clone(), channel.dialled.clone());
        let by_far_end = channel.variable("sip_term_status").is_some();
        self.channel_event(uuid, "CHANNEL_HANGUP", Vec::new());
        self.record_event(TimelineEvent::HungUp { leg: uuid.clone(), cause: cause.into(), by_far_end });
        match direction {
            Direction::Inbound => {
                self.ended_callers.insert(uuid.clone(), now);
                self.stats.call_ends(uuid, now, cause);
            }
            Direction::Outbound => {
                self.stats.phone_free(&number);
                if let Some((caller_leg, hung_up_at)) = caller_leg
                    .and_then(|caller_leg| Some((self.ended_callers.get(&caller_leg)?, caller_leg)))
                    .map(|(hung_up_at, caller_leg)| (caller_leg, *hung_up_at))
                {
                    self.stats.call(&caller_leg, |call| {
                        call.agent_leg_outlived = call.agent_leg_outlived.max(now.since(hung_up_at))
                    });
                }
            }
        }
    }

    /// Ends a channel that is hung up: ends its applications, leaves the bridge, emits the last events and destroys it.
    pub(super) fn end_channel(&mut self, uuid: &Uuid, from_outside: bool) {
        self.unwind(uuid, if from_outside { FailedPlaybacks::Innermost } else { FailedPlaybacks::None });
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let cause = channel.cause.clone().unwrap_or_default();
        let waits_for_originator = channel.bridge.is_some() && !channel.originator;
        let recordings = std::mem::take(&mut channel.recording);
        channel.interrupt = None;
        channel.messages.clear();
        channel.dialplan_actions.clear();
        self.unbridge(uuid, &cause);
        self.set_state(uuid, ChannelState::Hangup);
        for file in recordings {
            self.channel_event(uuid, "RECORD_STOP", vec![header("Record-File-Path", file)]);
        }
        self.set_call_state(uuid, ChannelCallState::Hangup);
        self.run_hook(uuid, "api_hangup_hook");
        self.set_state(uuid, ChannelState::Reporting);
        let cause_header = vec![header("Hangup-Cause", cause)];
        self.channel_event_with(uuid, "CHANNEL_HANGUP_COMPLETE", cause_header, Vec::new(), None);
        let Some(channel) = self.channels.get(uuid) else { return };
        if channel.job.is_some() {
            self.schedule_at(self.now + TICK, ScheduledEvent::OriginateEnds(uuid.clone()));
        } else if waits_for_originator {
            // The originator's thread still holds the channel.
            self.schedule_at(self.now + TICK, ScheduledEvent::Destroy(uuid.clone()));
        } else {
            self.destroy(uuid);
        }
    }

    /// Runs the `api` command in a variable of the channel: `api_on_answer` or `api_hangup_hook`.
    pub(super) fn run_hook(&mut self, uuid: &Uuid, variable: &str) {
        let channel = self.channels.get(uuid);
        let Some(line) = channel.and_then(|channel| channel.variable(variable)).map(str::to_owned) else {
            return;
        };
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        self.api(command, argument);
        self.api_event(command, argument);
    }

    /// Removes the channel and emits `CHANNEL_DESTROY`. The channel waits while its peer still has to handle the end of
    /// their bridge.
    pub(super) fn destroy(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get(uuid) else { return };
        let peer = channel.other_leg.as_ref().and_then(|other| self.channels.get(&other.uuid));
        let is_held = peer.and_then(|peer| peer.departed_peer.as_ref()).is_some_and(|(by, _)| by == uuid);
        if is_held {
            return self.schedule_at(self.now + TICK, ScheduledEvent::Destroy(uuid.clone()));
        }
        self.unschedule(uuid);
        self.channel_event(uuid, "CHANNEL_DESTROY", Vec::new());
        self.set_state(uuid, ChannelState::Destroy);
        self.channels.remove(uuid);
        self.update_channel_list(uuid);
    }
}

/// The name of a known hang-up cause. The switch reads any other text as `NORMAL_CLEARING`
/// (`switch_channel_str2cause`).
fn known_cause(cause: &str) -> &str {
    const KNOWN: &[&str] = &[
        "UNALLOCATED_NUMBER",
        "NO_ROUTE_TRANSIT_NET",
        "NO_ROUTE_DESTINATION",
        "CHANNEL_UNACCEPTABLE",
        "CALL_AWARDED_DELIVERED",
        "NORMAL_CLEARING",
        "USER_BUSY",
        "NO_USER_RESPONSE",
        "NO_ANSWER",
        "SUBSCRIBER_ABSENT",
        "CALL_REJECTED",
        "NUMBER_CHANGED",
        "REDIRECTION_TO_NEW_DESTINATION",
        "EXCHANGE_ROUTING_ERROR",
        "DESTINATION_OUT_OF_ORDER",
        "INVALID_NUMBER_FORMAT",
        "FACILITY_REJECTED",
        "RESPONSE_TO_STATUS_ENQUIRY",
        "NORMAL_UNSPECIFIED",
        "NORMAL_CIRCUIT_CONGESTION",
        "NETWORK_OUT_OF_ORDER",
        "NORMAL_TEMPORARY_FAILURE",
        "SWITCH_CONGESTION",
        "ACCESS_INFO_DISCARDED",
        "REQUESTED_CHAN_UNAVAIL",
        "PRE_EMPTED",
        "FACILITY_NOT_SUBSCRIBED",
        "OUTGOING_CALL_BARRED",
        "INCOMING_CALL_BARRED",
        "BEARERCAPABILITY_NOTAUTH",
        "BEARERCAPABILITY_NOTAVAIL",
        "SERVICE_UNAVAILABLE",
        "BEARERCAPABILITY_NOTIMPL",
        "CHAN_NOT_IMPLEMENTED",
        "FACILITY_NOT_IMPLEMENTED",
        "SERVICE_NOT_IMPLEMENTED",
        "INVALID_CALL_REFERENCE",
        "INCOMPATIBLE_DESTINATION",
        "INVALID_MSG_UNSPECIFIED",
        "MANDATORY_IE_MISSING",
        "MESSAGE_TYPE_NONEXIST",
        "WRONG_MESSAGE",
        "IE_NONEXIST",
        "INVALID_IE_CONTENTS",
        "WRONG_CALL_STATE",
        "RECOVERY_ON_TIMER_EXPIRE",
        "MANDATORY_IE_LENGTH_ERROR",
        "PROTOCOL_ERROR",
        "INTERWORKING",
        "SUCCESS",
        "ORIGINATOR_CANCEL",
        "CRASH",
        "SYSTEM_SHUTDOWN",
        "LOSE_RACE",
        "MANAGER_REQUEST",
        "BLIND_TRANSFER",
        "ATTENDED_TRANSFER",
        "ALLOTTED_TIMEOUT",
        "USER_CHALLENGE",
        "MEDIA_TIMEOUT",
        "PICKED_OFF",
        "USER_NOT_REGISTERED",
        "PROGRESS_TIMEOUT",
        "INVALID_GATEWAY",
        "GATEWAY_DOWN",
        "INVALID_URL",
        "INVALID_PROFILE",
        "NO_PICKUP",
        "SRTP_READ_ERROR",
        "BOWOUT",
        "BUSY_EVERYWHERE",
        "DECLINE",
        "DOES_NOT_EXIST_ANYWHERE",
        "NOT_ACCEPTABLE",
        "UNWANTED",
    ];
    KNOWN.iter().find(|known| known.eq_ignore_ascii_case(cause)).copied().unwrap_or("NORMAL_CLEARING")
}
