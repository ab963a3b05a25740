//! The headers and variables that an event about a channel carries, as FreeSWITCH 1.10.12 writes them.
//!
//! A simulated channel has fewer SIP and RTP variables than a real one.

use super::channel::{Channel, ChannelState, Direction, OtherLeg};
use super::switch_event::{DateCache, Header, epoch_micros, header};

/// The headers that every event about a channel has.
pub(super) fn channel_headers(channel: &Channel, to: &mut Vec<Header>) {
    // The name is the state of the channel's thread; the number is the state that the thread shall enter next.
    let number = if channel.cause.is_some() && channel.state != ChannelState::Reporting {
        ChannelState::Hangup.number()
    } else {
        channel.next_state.unwrap_or(channel.state).number()
    };
    let inbound = channel.direction == Direction::Inbound;
    let call = match (&channel.bridge, channel.originator) {
        (Some(peer), false) => peer.to_string(),
        _ => channel.uuid.to_string(),
    };
    to.extend([
        header("Channel-State", channel.state.name()),
        header("Channel-Call-State", channel.call_state.name()),
        header("Channel-State-Number", number),
        header("Channel-Name", channel.name.clone()),
        header("Unique-ID", channel.uuid.to_string()),
        header("Call-Direction", channel.direction.name()),
        header("Presence-Call-Direction", channel.direction.name()),
        header("Channel-HIT-Dialplan", if inbound { "true" } else { "false" }),
        header("Channel-Call-UUID", call),
        header("Answer-State", channel.answer_state()),
    ]);
    if let Some(cause) = &channel.cause {
        to.push(header("Hangup-Cause", cause.clone()));
    }
    if channel.state == ChannelState::New {
        return;
    }
    if inbound || channel.has_media() {
        to.extend([
            header("Channel-Read-Codec-Name", "PCMA"),
            header("Channel-Read-Codec-Rate", "8000"),
            header("Channel-Read-Codec-Bit-Rate", "64000"),
            header("Channel-Write-Codec-Name", "PCMA"),
            header("Channel-Write-Codec-Rate", "8000"),
            header("Channel-Write-Codec-Bit-Rate", "64000"),
        ]);
    }
    caller_headers(channel, inbound, to);
    if let Some(other) = &channel.other_leg {
        other_headers(other, to);
    }
}

fn caller_headers(channel: &Channel, inbound: bool, to: &mut Vec<Header>) {
    to.extend([
        header("Caller-Direction", channel.direction.name()),
        header("Caller-Logical-Direction", channel.direction.name()),
    ]);
    if inbound {
        to.extend([
            header("Caller-Username", channel.number.clone()),
            header("Caller-Dialplan", "XML"),
            header("Caller-Caller-ID-Name", channel.number.clone()),
        ]);
    }
    to.push(header("Caller-Caller-ID-Number", channel.number.clone()));
    if inbound {
        to.push(header("Caller-Orig-Caller-ID-Name", channel.number.clone()));
    }
    to.push(header("Caller-Orig-Caller-ID-Number", channel.number.clone()));
    if !inbound {
        to.push(header("Caller-Callee-ID-Name", "Outbound Call"));
        to.push(header("Caller-Callee-ID-Number", channel.destination.clone()));
    }
    to.extend([
        header("Caller-Network-Addr", "127.0.0.1"),
        header("Caller-ANI", channel.number.clone()),
        header("Caller-Destination-Number", channel.destination.clone()),
        header("Caller-Unique-ID", channel.uuid.to_string()),
        header("Caller-Source", if inbound { "mod_sofia" } else { "src/switch_ivr_originate.c" }),
        header("Caller-Context", if inbound { "public" } else { "default" }),
        header("Caller-Channel-Name", channel.name.clone()),
        header("Caller-Profile-Index", channel.profile.to_string()),
        header("Caller-Profile-Created-Time", epoch_micros(Some(channel.created))),
        header("Caller-Channel-Created-Time", epoch_micros(Some(channel.created))),
        header("Caller-Channel-Answered-Time", epoch_micros(channel.answered_at)),
        header("Caller-Channel-Progress-Time", epoch_micros(channel.progress_at)),
        header("Caller-Channel-Progress-Media-Time", epoch_micros(channel.media_at)),
        header("Caller-Channel-Hangup-Time", epoch_micros(channel.hungup_at)),
        header("Caller-Channel-Transfer-Time", "0"),
        header("Caller-Channel-Resurrect-Time", "0"),
        header("Caller-Channel-Bridged-Time", epoch_micros(channel.bridged_at)),
        header("Caller-Channel-Last-Hold", "0"),
        header("Caller-Channel-Hold-Accum", "0"),
        header("Caller-Screen-Bit", "true"),
        header("Caller-Privacy-Hide-Name", "false"),
        header("Caller-Privacy-Hide-Number", "false"),
    ]);
}

fn other_headers(other: &OtherLeg, to: &mut Vec<Header>) {
    to.extend([
        header("Other-Type", if other.originatee { "originatee" } else { "originator" }),
        header("Other-Leg-Direction", other.direction.name()),
        header("Other-Leg-Logical-Direction", "inbound"),
        header("Other-Leg-Caller-ID-Number", other.number.clone()),
        header("Other-Leg-Orig-Caller-ID-Number", other.number.clone()),
        header("Other-Leg-Network-Addr", "127.0.0.1"),
        header("Other-Leg-ANI", other.number.clone()),
        header("Other-Leg-Destination-Number", other.destination.clone()),
        header("Other-Leg-Unique-ID", other.uuid.to_string()),
        header("Other-Leg-Source", if other.originatee { "src/switch_ivr_originate.c" } else { "mod_sofia" }),
        header("Other-Leg-Context", if other.originatee { "default" } else { "public" }),
        header("Other-Leg-Channel-Name", other.name.clone()),
        header("Other-Leg-Channel-Created-Time", "0"),
        header("Other-Leg-Channel-Answered-Time", "0"),
        header("Other-Leg-Channel-Hangup-Time", "0"),
        header("Other-Leg-Screen-Bit", "true"),
        header("Other-Leg-Privacy-Hide-Name", "false"),
        header("Other-Leg-Privacy-Hide-Number", "false"),
    ]);
}

pub(super) fn variable_headers(channel: &Channel, to: &mut Vec<Header>) {
    let all = channel.variables.iter();
    to.extend(all.map(|(name, value)| (format!("variable_{name}").into(), value.clone().into())));
    if channel.state == ChannelState::Reporting {
        to.extend([
            header("variable_start_stamp", DateCache::format(channel.created)),
            header("variable_start_epoch", (channel.created.0 / 1_000).to_string()),
            header("variable_start_uepoch", epoch_micros(Some(channel.created))),
            header("variable_answer_uepoch", epoch_micros(channel.answered_at)),
            header("variable_bridge_uepoch", epoch_micros(channel.bridged_at)),
            header("variable_progress_uepoch", epoch_micros(channel.progress_at)),
            header("variable_progress_media_uepoch", epoch_micros(channel.media_at)),
            header("variable_end_uepoch", epoch_micros(channel.hungup_at)),
            header("variable_hangup_cause", channel.cause.clone().unwrap_or_default()),
        ]);
    }
}
