//! What other systems learn of a call: its events, as they happen, and its messages, when it ends.
//!
//! After each turn the events are read off the state of the call, so that no stage has to think of them.

use super::call::{Call, CallEnv};
use crate::call_event::{AudioFile, CallAnswered, CallEvent, CallEventKind, CallOffered, SurveyScore};
use crate::command::Command;
use crate::message;
use crate::number::{self, NumberRegions};
use crate::record::{AttemptOutcome, CallRecord};
use std::sync::Arc;

impl Call {
    /// Publishes what has happened since the last turn, if anybody wants it.
    pub(super) fn publish_news(&mut self, env: &mut CallEnv) {
        if !env.publishes || self.hotline.is_none() {
            return;
        }
        let news = self.news(env);
        let caller = if news.is_empty() { String::new() } else { self.state.caller.clone() };
        for (kind, agent) in news {
            self.publish(kind, agent, &caller, env);
        }
    }

    /// Publishes the end of the call and gives out its messages. The events before were published.
    pub(super) fn publish_end(&mut self, record: &CallRecord, env: &mut CallEnv) {
        let Some(hotline) = self.hotline.clone() else { return };
        if env.publishes {
            if let Some(file) = &record.recording {
                let audio = AudioFile { file: file.clone(), length: record.talk };
                self.publish(CallEventKind::RecordingReady(audio), record.agent.clone(), &record.caller, env);
            }
            self.publish(
                CallEventKind::Ended(Box::new(record.clone())),
                record.agent.clone(),
                &record.caller,
                env,
            );
        }
        let next = self.state.published.sequence + 1;
        let messages = message::due(record, &hotline, env.number_regions, env.now, next);
        env.out.extend(messages.into_iter().map(|message| Command::Message(Box::new(message))));
    }

    fn news(&mut self, env: &CallEnv) -> Vec<(CallEventKind, Option<Arc<str>>)> {
        let mut news = Vec::new();
        if self.state.published.sequence == 0 {
            news.push((CallEventKind::Offered(self.offered(env)), None));
        }
        let state = &mut self.state;
        let mut rung = Vec::new();
        for (attempt_ix, attempt) in state.attempts.iter().enumerate() {
            if attempt.ringing.is_some() && state.published.rung.insert(attempt_ix) {
                rung.push(attempt.agent.clone());
            }
        }
        for agent in rung {
            news.push((CallEventKind::Ringing(self.offered(env)), Some(agent)));
        }
        let state = &mut self.state;
        let talked = state.attempts.iter().find(|attempt| attempt.outcome == Some(AttemptOutcome::Talked));
        let agent = talked.map(|attempt| attempt.agent.clone());
        if let Some(talk) = state.talk
            && !std::mem::replace(&mut state.published.answered, true)
        {
            let wait = talk.since(state.arrived);
            news.push((CallEventKind::Answered(CallAnswered { wait }), agent.clone()));
        }
        if let Some(left) = &state.record_fields.message
            && !std::mem::replace(&mut state.published.voicemail, true)
        {
            let audio = AudioFile { file: left.file.clone(), length: left.length };
            news.push((CallEventKind::VoicemailLeft(audio), None));
        }
        if let Some(score) = state.record_fields.score
            && !std::mem::replace(&mut state.published.survey, true)
        {
            news.push((CallEventKind::SurveyGiven(SurveyScore { score }), agent));
        }
        news
    }

    fn offered(&self, env: &CallEnv) -> CallOffered {
        let hotline = self.hotline.as_ref();
        let caller = number::normalise(&self.state.caller, hotline.and_then(|hotline| hotline.home));
        let place = env.number_regions.unwrap_or_else(|| NumberRegions::built_in()).locate(&caller);
        let name = place.city.or(place.province).map(|place| place.short());
        CallOffered {
            dialled: self.state.dialled.clone(),
            hotline_name: hotline.map(|hotline| hotline.name.clone()).unwrap_or_default(),
            area: name.unwrap_or_default().into(),
        }
    }

    fn publish(&mut self, kind: CallEventKind, agent: Option<Arc<str>>, caller: &str, env: &mut CallEnv) {
        let Some(hotline) = &self.hotline else { return };
        self.state.published.sequence += 1;
        let caller = number::normalise(caller, hotline.home);
        env.out.push(Command::Publish(Box::new(CallEvent {
            call: self.state.id.clone(),
            switch: self.state.switch.clone(),
            hotline: hotline.number.clone(),
            sequence: self.state.published.sequence,
            at: env.now,
            caller: caller.digits().to_owned(),
            agent,
            kind,
        })));
    }
}
