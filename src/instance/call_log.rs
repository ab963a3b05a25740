//! Logs what happens to calls. Phone numbers are masked.

use hotlined_core::command::Note;
use hotlined_core::id::CallId;
use hotlined_core::number::masked;
use hotlined_core::record::CallRecord;
use hotlined_core::stage_name::StageName;

/// Logs the end of a call.
pub(crate) fn log_record(record: &CallRecord) {
    let caller = masked(&record.caller);
    tracing::info!(
        call = %record.call,
        hotline = record.hotline.as_deref().unwrap_or("-"),
        caller,
        outcome = ?record.outcome,
        ended_by = ?record.ended_by,
        cause = %record.cause,
        wait = %record.wait,
        talk = %record.talk,
        agent = record.agent.as_deref().unwrap_or("-"),
        "call over"
    );
}

/// Logs a note about a call.
pub(crate) fn log_note(call: &CallId, note: &Note) {
    match note {
        Note::Stage { from, to } => {
            tracing::info!(%call, from = name(*from), to = name(*to));
        }
        // The reason may contain a phone number. It is in the journal only.
        Note::Node { node, exit, reason: _ } => tracing::debug!(%call, %node, %exit),
        Note::Refused { reason: why, detail: _ } => tracing::info!(%call, %why, "refused"),
        Note::Queued { ahead, estimate: _ } => tracing::debug!(%call, ahead, "waiting"),
        Note::CallBack => tracing::info!(%call, "will be called back"),
        Note::FlowTooLong => tracing::warn!(%call, "goes through its flow without end"),
        Note::Ringing { agent } => tracing::debug!(%call, %agent, "calling"),
        Note::Attempt { agent, outcome } => tracing::debug!(%call, %agent, ?outcome),
        Note::SoundFailed { prompt } => tracing::warn!(%call, %prompt, "cannot be played"),
        Note::NotTaken { reason: why } => tracing::warn!(%call, ?why, "not taken"),
        Note::TakeOverFailed { error: why } => tracing::error!(%call, %why, "not taken up"),
    }
}

fn name(stage: Option<StageName>) -> &'static str {
    stage.map_or("-", StageName::as_str)
}
