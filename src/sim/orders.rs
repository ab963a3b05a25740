//! What a request on the wire asks of the exchange itself, and how its answer is written; what it asks of its own
//! link is not here.

use super::model::{Input, Output};
use bytes::Bytes;
use hotlined_esl::server;
use hotlined_esl::server::ReceivedRequest;

/// The answer on the wire, where the output answers somebody.
pub fn answer_of(output: &Output) -> Option<Bytes> {
    match output {
        Output::Reply { job: Some(job), .. } => Some(server::reply_job(job)),
        Output::Reply { text, job: None } => Some(server::reply(text)),
        Output::Api(text) if text.is_empty() => Some(server::api_response(b"-ERR no reply\n")),
        Output::Api(text) => Some(server::api_response(text.as_bytes())),
        Output::Event(_) | Output::Happened(_) => None,
    }
}

/// The input for the model in this request, if it holds one: `api`, `bgapi`, `sendmsg` or `sendevent`.
pub fn input_of(request: &ReceivedRequest) -> Option<Input> {
    let (verb, rest) = request.line.split_once(' ').unwrap_or((&request.line, ""));
    let rest = rest.trim_start_matches(' ');
    let (command, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb.to_ascii_lowercase().as_str() {
        "api" => Some(Input::Api { command: command.into(), argument: argument.into() }),
        "bgapi" => Some(Input::BgApi {
            job: request.header("Job-UUID").map(Into::into),
            command: command.into(),
            argument: argument.into(),
        }),
        "sendmsg" => {
            let leg = if rest.is_empty() { request.header("session-id").unwrap_or_default() } else { rest };
            let body = Some(&request.body).filter(|body| !body.is_empty());
            let headers = [("Command".to_owned(), request.line.clone())];
            Some(Input::SendMsg {
                leg: leg.trim().into(),
                headers: headers.into_iter().chain(request.headers.iter().cloned()).collect(),
                body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
            })
        }
        "sendevent" => {
            let body = Some(&request.body).filter(|body| !body.is_empty());
            let headers = [("Command".to_owned(), request.line.clone())];
            Some(Input::SendEvent {
                name: rest.trim().into(),
                headers: headers.into_iter().chain(request.headers.iter().cloned()).collect(),
                body: body.map(|body| String::from_utf8_lossy(body).into_owned()),
            })
        }
        _ => None,
    }
}
