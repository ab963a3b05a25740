//! Event socket requests as inputs of the model, and the model's replies as bytes. Requests about the connection
//! itself (`auth`, `event`, `exit`) are not here.

use super::model::{SwitchInput, SwitchOutput};
use bytes::Bytes;
use hotlined_esl::server;
use hotlined_esl::server::RawRequest;

/// The reply as bytes; none when the output is no reply.
pub fn encode_reply(output: &SwitchOutput) -> Option<Bytes> {
    match output {
        SwitchOutput::Reply { job: Some(job), .. } => Some(server::reply_job(job)),
        SwitchOutput::Reply { text, job: None } => Some(server::reply(text)),
        SwitchOutput::Api(text) if text.is_empty() => Some(server::api_response(b"-ERR no reply\n")),
        SwitchOutput::Api(text) => Some(server::api_response(text.as_bytes())),
        SwitchOutput::Event(_) | SwitchOutput::Timeline(_) => None,
    }
}

/// The model's input for an `api`, `bgapi`, `sendmsg` or `sendevent`; none for any other request.
pub fn parse_request(request: &RawRequest) -> Option<SwitchInput> {
    let (verb, rest) = request.line.split_once(' ').unwrap_or((&request.line, ""));
    let rest = rest.trim_start_matches(' ');
    let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb.to_ascii_lowercase().as_str() {
        "api" => Some(SwitchInput::Api { command: command.into(), argument: argument.into() }),
        "bgapi" => Some(SwitchInput::BgApi {
            job: request.header("Job-UUID").map(Into::into),
            command: command.into(),
            argument: argument.into(),
        }),
        "sendmsg" => {
            let leg = if rest.is_empty() { request.header("session-id").unwrap_or_default() } else { rest };
            let body = Some(&request.body).filter(|body| !body.is_empty());
            let headers = [("Command".to_owned(), request.line.clone())];
            Some(SwitchInput::SendMsg {
                leg: leg.trim().into(),
                headers: headers.into_iter().chain(request.headers.iter().cloned()).collect(),
                body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
            })
        }
        "sendevent" => {
            let body = Some(&request.body).filter(|body| !body.is_empty());
            let headers = [("Command".to_owned(), request.line.clone())];
            Some(SwitchInput::SendEvent {
                name: rest.trim().into(),
                headers: headers.into_iter().chain(request.headers.iter().cloned()).collect(),
                body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
            })
        }
        _ => None,
    }
}
