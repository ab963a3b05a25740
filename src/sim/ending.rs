//! How a channel ends, and how it is sent elsewhere.
//!
//! The network's own hang-up ends everything in the same instant; one by an `api` is announced at once and
//! comes true at the channel's next tick.

use super::app_run::FailedPlaybacks;
use super::channel::{ChannelCallState, ChannelState, Direction, Interrupt, Uuid};
use super::model::{ScheduledEvent, SwitchModel, TICK};
use super::stats::TimelineEvent;
use super::switch_event::header;

impl SwitchModel {
    /// Hangs up and ends the channel in this instant.
    pub(super) fn hang_up_now(&mut self, uuid: &Uuid, cause: &str, from_outside: bool) {
        if self.channels.get(uuid).is_some_and(|channel| channel.cause.is_none()) {
            self.mark_hung_up(uuid, cause);
            self.end_channel(uuid, from_outside);
        }
    }

    /// The far end says by this SIP status that it is gone. Only then is the variable set (sofia.c:1036 and
    /// 8726), which tells a leg that left from one that the switch ended.
    pub(super) fn far_end_hangs_up(&mut self, uuid: &Uuid, status: &str, cause: &str) {
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.set("sip_term_status", status);
        self.hang_up_now(uuid, cause, true);
    }

    /// Hangs up; the channel ends when it next looks.
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
        self.tick_soon(uuid);
    }

    /// Sends the channel to another extension when it next looks.
    pub(super) fn request_transfer(&mut self, uuid: &Uuid, to: &str) {
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.set_destination(to);
        channel.next_state = Some(ChannelState::Routing);
        channel.interrupt = Some(Interrupt::Transfer(to.into()));
        self.tick_soon(uuid);
    }

    /// The first hang-up counts: it is announced and its cause stays.
    pub(super) fn mark_hung_up(&mut self, uuid: &Uuid, cause: &str) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none()) else {
            return;
        };
        channel.cause = Some(known_cause(cause).into());
        channel.hungup_at = Some(now);
        let (direction, owner, number) =
            (channel.direction, channel.caller_leg.clone(), channel.dialled.clone());
        let left = channel.variable("sip_term_status").is_some();
        self.channel_event(uuid, "CHANNEL_HANGUP", Vec::new());
        self.record_event(TimelineEvent::HungUp { leg: uuid.clone(), cause: cause.into(), by_far_end: left });
        match direction {
            Direction::Inbound => {
                self.gone_callers.insert(uuid.clone(), now);
                self.stats.call_ends(uuid, now, cause);
            }
            Direction::Outbound => {
                self.stats.phone_free(&number);
                if let Some((owner, left)) = owner
                    .and_then(|owner| Some((self.gone_callers.get(&owner)?, owner)))
                    .map(|(left, owner)| (owner, *left))
                {
                    self.stats.call(&owner, |call| {
                        call.agent_leg_outlived = call.agent_leg_outlived.max(now.since(left))
                    });
                }
            }
        }
    }

    /// The channel drops what it does, leaves its partner, reports and is gone.
    pub(super) fn end_channel(&mut self, uuid: &Uuid, from_outside: bool) {
        self.unwind(uuid, if from_outside { FailedPlaybacks::Innermost } else { FailedPlaybacks::None });
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let cause = channel.cause.clone().unwrap_or_default();
        let partner_first = channel.bridge.is_some() && !channel.originator;
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
        let twice = vec![header("Hangup-Cause", cause)];
        self.channel_event_with(uuid, "CHANNEL_HANGUP_COMPLETE", twice, Vec::new(), None);
        let Some(channel) = self.channels.get(uuid) else { return };
        if channel.job.is_some() {
            self.schedule_at(self.now + TICK, ScheduledEvent::OriginateEnds(uuid.clone()));
        } else if partner_first {
            // The joining leg's thread still holds it.
            self.schedule_at(self.now + TICK, ScheduledEvent::Destroy(uuid.clone()));
        } else {
            self.destroy(uuid);
        }
    }

    /// Runs the command that a variable of the channel holds: `api_on_answer`, `api_hangup_hook`.
    pub(super) fn run_hook(&mut self, uuid: &Uuid, variable: &str) {
        let channel = self.channels.get(uuid);
        let Some(line) = channel.and_then(|channel| channel.variable(variable)).map(str::to_owned) else {
            return;
        };
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        self.api(command, argument);
        self.api_event(command, argument);
    }

    /// The channel is no more.
    pub(super) fn destroy(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get(uuid) else { return };
        let partner = channel.other.as_ref().and_then(|other| self.channels.get(&other.uuid));
        let held = partner.and_then(|partner| partner.left_peer.as_ref()).is_some_and(|(by, _)| by == uuid);
        if held {
            return self.schedule_at(self.now + TICK, ScheduledEvent::Destroy(uuid.clone()));
        }
        self.unschedule(uuid);
        self.channel_event(uuid, "CHANNEL_DESTROY", Vec::new());
        self.set_state(uuid, ChannelState::Destroy);
        self.channels.remove(uuid);
        self.update_channel_list(uuid);
    }
}

/// A cause the switch knows; it takes any other for a normal clearing (`switch_channel_str2cause`).
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
