//! Reads the replies of the scripts.

use hotlined_core::command::PoolId;
use hotlined_core::event::{AcdReply, QueuePosition};
use hotlined_core::id::LineId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::loaded_calls::AdoptedCall;
use redis::Value;

/// The fields of a reply, one after the other.
pub(super) struct ReplyFields {
    values: std::vec::IntoIter<Value>,
}

impl ReplyFields {
    pub(super) fn of(value: Value) -> Result<Self, RedisFailure> {
        match value {
            Value::Array(values) => Ok(Self { values: values.into_iter() }),
            other => Err(RedisFailure::Garbled(format!("expected a list, got {}", kind(&other)))),
        }
    }

    pub(super) fn value(&mut self) -> Result<Value, RedisFailure> {
        self.values.next().ok_or_else(|| RedisFailure::Garbled("an answer ends too early".to_owned()))
    }

    pub(super) fn next(&mut self) -> Option<Value> {
        self.values.next()
    }

    pub(super) fn text(&mut self) -> Result<String, RedisFailure> {
        match self.value()? {
            Value::BulkString(bytes) => {
                String::from_utf8(bytes).map_err(|_| RedisFailure::Garbled("a text is not UTF-8".to_owned()))
            }
            Value::SimpleString(text) => Ok(text),
            Value::Int(number) => Ok(number.to_string()),
            other => Err(RedisFailure::Garbled(format!("expected a text, got {}", kind(&other)))),
        }
    }

    /// A number; `None` if the field is empty.
    pub(super) fn number_if_any(&mut self) -> Result<Option<u64>, RedisFailure> {
        let text = self.text()?;
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse().map_err(|_| RedisFailure::Garbled(format!("{text:?} is no number")))?;
        Ok(Some(number))
    }

    pub(super) fn number(&mut self) -> Result<u64, RedisFailure> {
        self.number_if_any()?.ok_or_else(|| RedisFailure::Garbled("a number is missing".to_owned()))
    }

    fn small(&mut self) -> Result<u32, RedisFailure> {
        Ok(u32::try_from(self.number()?).unwrap_or(u32::MAX))
    }
}

/// The kind of a value, for error texts. The value itself may hold a telephone number.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nothing",
        Value::Int(_) => "a number",
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "a text",
        Value::Array(_) => "a list",
        _ => "something else",
    }
}

/// The reply to an operation on calls.
#[derive(Debug)]
pub(super) struct ScriptReply {
    /// When something is due next.
    pub(super) due: Option<Instant>,
    /// How many lines, claims and counts this operation took from calls that had ended.
    pub(super) left: u64,
    pub(super) said: ScriptResult,
}

#[derive(Debug)]
pub(super) enum ScriptResult {
    Nothing,
    Answer(AcdReply),
    Figures { held: u64, waiting: u64 },
    Adopted(Vec<AdoptedCall>),
    Time(Instant),
}

pub(super) fn read_call_reply(value: Value) -> Result<ScriptReply, RedisFailure> {
    let mut fields = ReplyFields::of(value)?;
    let due = fields.number_if_any()?.map(Instant);
    let left = fields.number()?;
    let said = match fields.text()?.as_str() {
        "none" => ScriptResult::Nothing,
        "claimed" => ScriptResult::Answer(AcdReply::Claimed { line: LineId(fields.text()?.into()) }),
        "refused" => ScriptResult::Answer(AcdReply::Refused),
        "waiting" => {
            let (ahead, estimate) = (fields.small()?, fields.number_if_any()?.map(Millis));
            ScriptResult::Answer(AcdReply::Waiting(QueuePosition { ahead, estimate }))
        }
        "admitted" => {
            let (room, recent) = (fields.number()? == 1, fields.small()?);
            ScriptResult::Answer(AcdReply::Admitted { room, recent })
        }
        "time" => ScriptResult::Time(Instant(fields.number()?)),
        "look" => ScriptResult::Figures { held: fields.number()?, waiting: fields.number()? },
        "adopted" => {
            let mut all = Vec::new();
            while let Some(one) = fields.next() {
                all.push(adopted(one)?);
            }
            ScriptResult::Adopted(all)
        }
        "fenced" => return Err(RedisFailure::Fenced { token: fields.number()? }),
        other => return Err(RedisFailure::Garbled(format!("nobody knows the answer {other:?}"))),
    };
    Ok(ScriptReply { due, left, said })
}

/// What one call has: its id, and lists that each begin with their kind.
fn adopted(value: Value) -> Result<AdoptedCall, RedisFailure> {
    let mut fields = ReplyFields::of(value)?;
    let call = fields.text()?.parse().map_err(|bad| RedisFailure::Garbled(format!("{bad}")))?;
    let mut adopted = AdoptedCall { call, holds: Vec::new(), waits: Vec::new(), counted: Vec::new() };
    while let Some(one) = fields.next() {
        let mut one = ReplyFields::of(one)?;
        match one.text()?.as_str() {
            "holds" => {
                let (number, line) = (one.small()?, LineId(one.text()?.into()));
                adopted.holds.push((number, line, PoolId(one.text()?.into())));
            }
            "waits" => {
                let (number, ahead) = (one.small()?, one.small()?);
                let estimate = one.number_if_any()?.map(Millis);
                adopted.waits.push((number, QueuePosition { ahead, estimate }));
            }
            "counted" => adopted.counted.push(one.text()?.into()),
            other => return Err(RedisFailure::Garbled(format!("a call has {other:?}"))),
        }
    }
    Ok(adopted)
}

/// Reads the reply to a write to what Redis keeps of a switch.
pub(super) fn read_replication_reply(value: Value) -> Result<ScriptReply, RedisFailure> {
    let mut fields = ReplyFields::of(value)?;
    match fields.text()?.as_str() {
        "done" => Ok(ScriptReply { due: None, left: 0, said: ScriptResult::Nothing }),
        "fenced" => Err(RedisFailure::Fenced { token: fields.number()? }),
        other => Err(RedisFailure::Garbled(format!("nobody knows the answer {other:?}"))),
    }
}

/// Reads the reply to a query for a verification code.
pub(super) fn read_code_reply(value: Value) -> Result<ScriptReply, RedisFailure> {
    let mut fields = ReplyFields::of(value)?;
    let (times, first) = (fields.small()?, fields.number_if_any()?.map(Instant));
    Ok(ScriptReply { due: None, left: 0, said: ScriptResult::Answer(AcdReply::CodeSeen { times, first }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(fields: &[&str]) -> Value {
        Value::Array(fields.iter().map(|field| Value::BulkString(field.as_bytes().to_vec())).collect())
    }

    #[test]
    fn whatever_is_answered_is_read_or_refused() {
        let reply = read_call_reply(list(&["1500", "2", "waiting", "3", "9000"])).unwrap();
        assert_eq!((reply.due, reply.left), (Some(Instant(1_500)), 2));
        let place = QueuePosition { ahead: 3, estimate: Some(Millis(9_000)) };
        assert!(matches!(reply.said, ScriptResult::Answer(AcdReply::Waiting(at)) if at == place));
        assert_eq!(
            read_call_reply(list(&["", "0", "fenced", "7"])).unwrap_err(),
            RedisFailure::Fenced { token: 7 }
        );
        for wrong in [&[][..], &["", "0"], &["", "0", "waiting"], &["x", "0", "none"], &["", "0", "what"]] {
            assert!(matches!(read_call_reply(list(wrong)), Err(RedisFailure::Garbled(_))), "{wrong:?}");
        }
        assert!(matches!(read_call_reply(Value::Nil), Err(RedisFailure::Garbled(_))));
        assert!(matches!(read_call_reply(Value::Array(vec![Value::Nil])), Err(RedisFailure::Garbled(_))));
    }
}
