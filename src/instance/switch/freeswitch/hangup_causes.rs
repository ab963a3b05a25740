//! Hangup causes: from FreeSWITCH's names to the core's causes, and back.

use hotlined_core::event::Cause;
use hotlined_esl::vocabulary::HangupCause;

/// The core's cause for a hangup cause of FreeSWITCH.
///
/// FreeSWITCH reports a SIP status under these names: 486/600 USER_BUSY, 480 NO_USER_RESPONSE, 408/504
/// RECOVERY_ON_TIMER_EXPIRE, 401/403/407/603/608 CALL_REJECTED, 404 UNALLOCATED_NUMBER, 487 ORIGINATOR_CANCEL,
/// 400/481/500/503 NORMAL_TEMPORARY_FAILURE.
pub fn from_freeswitch(name: &str) -> Cause {
    match name {
        "NORMAL_CLEARING" | "ATTENDED_TRANSFER" | "BLIND_TRANSFER" | "MANAGER_REQUEST" => Cause::Normal,
        "USER_BUSY" => Cause::Busy,
        "NO_ANSWER"
        | "NO_USER_RESPONSE"
        | "ALLOTTED_TIMEOUT"
        | "PROGRESS_TIMEOUT"
        | "RECOVERY_ON_TIMER_EXPIRE" => Cause::NoAnswer,
        "CALL_REJECTED" => Cause::Rejected,
        "UNALLOCATED_NUMBER" | "INVALID_NUMBER_FORMAT" | "NUMBER_CHANGED" => Cause::UnknownNumber,
        "USER_NOT_REGISTERED"
        | "SUBSCRIBER_ABSENT"
        | "NO_ROUTE_DESTINATION"
        | "NO_ROUTE_TRANSIT_NET"
        | "DESTINATION_OUT_OF_ORDER"
        | "GATEWAY_DOWN"
        | "INVALID_GATEWAY"
        | "INVALID_PROFILE"
        | "INVALID_URL"
        | "CHAN_NOT_IMPLEMENTED"
        | "NETWORK_OUT_OF_ORDER" => Cause::Unreachable,
        "NORMAL_TEMPORARY_FAILURE"
        | "NORMAL_CIRCUIT_CONGESTION"
        | "SWITCH_CONGESTION"
        | "REQUESTED_CHAN_UNAVAIL"
        | "CRASH"
        | "INCOMPATIBLE_DESTINATION"
        | "SYSTEM_SHUTDOWN" => Cause::Congestion,
        "ORIGINATOR_CANCEL" => Cause::Cancelled,
        "LOSE_RACE" | "PICKED_OFF" => Cause::LostRace,
        _ => Cause::Other,
    }
}

/// The hangup cause that is sent to the far end of a leg. If the leg is not answered, sofia sends these SIP statuses:
/// NORMAL_CLEARING, NO_ANSWER and SUBSCRIBER_ABSENT 480, USER_BUSY 486, CALL_REJECTED 603, UNALLOCATED_NUMBER 404,
/// NORMAL_TEMPORARY_FAILURE 503, ORIGINATOR_CANCEL 487.
pub fn to_freeswitch(cause: Cause) -> HangupCause {
    match cause {
        Cause::Normal => HangupCause::NORMAL_CLEARING,
        Cause::Busy => HangupCause::USER_BUSY,
        Cause::NoAnswer => HangupCause::NO_ANSWER,
        Cause::Rejected => HangupCause::CALL_REJECTED,
        Cause::UnknownNumber => HangupCause::UNALLOCATED_NUMBER,
        Cause::Unreachable => HangupCause::SUBSCRIBER_ABSENT,
        Cause::Congestion => HangupCause::NORMAL_TEMPORARY_FAILURE,
        Cause::Cancelled => HangupCause::ORIGINATOR_CANCEL,
        Cause::LostRace => HangupCause::LOSE_RACE,
        Cause::Other => HangupCause::NORMAL_UNSPECIFIED,
    }
}
