//! The call records of the demo as a table.

use crate::cli::output::print_line;
use hotlined_core::number::masked;
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;

/// Prints the call records as a table.
pub(super) fn print_records(records: &[CallRecord]) -> anyhow::Result<()> {
    print_line(&format!(
        "{:<12} {:<11} {:<15} {:<8} {:<16} {:>7} {:>7}  {}",
        "hotline", "caller", "outcome", "ended by", "cause", "wait", "talk", "agents tried"
    ))?;
    for record in records {
        let tried: Vec<String> = record
            .attempts
            .iter()
            .map(|attempt| format!("{} {}", attempt.agent, json_word(&attempt.outcome)))
            .collect();
        print_line(&format!(
            "{:<12} {:<11} {:<15} {:<8} {:<16} {:>7.1} {:>7.1}  {}",
            record.hotline.as_deref().unwrap_or(&record.dialled),
            masked(&record.caller),
            json_word(&record.outcome),
            json_word(&record.ended_by),
            record.cause,
            seconds(record.wait),
            seconds(record.talk),
            tried.join(", ")
        ))?;
    }
    Ok(())
}

/// The time in seconds.
pub(super) fn seconds(span: Millis) -> f64 {
    span.0 as f64 / 1_000.0
}

/// The word that JSON has for this value.
pub(super) fn json_word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
