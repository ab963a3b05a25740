//! How a channel ends all its applications, and the events of an application's end.

use super::app_run::{AppRun, FailedPlaybacks, app_headers};
use super::channel::{AppActivity, MessageCommand, RunningApp, Uuid};
use super::model::SwitchModel;
use super::switch_event::{Header, header};

impl SwitchModel {
    /// Ends all applications of the channel. Returns false if the channel is hung up afterwards: a transfer or a bridge
    /// during `record` is an error for `record`, which then hangs the channel up (mod_dptools.c:3282).
    pub(super) fn unwind(&mut self, uuid: &Uuid, fails: FailedPlaybacks) -> bool {
        let continues = fails == FailedPlaybacks::Every;
        let mut fails = fails;
        while let Some(frame) = self.channels.get_mut(uuid).and_then(|channel| channel.stack.pop()) {
            match &frame.activity {
                AppActivity::Park { .. } => self.channel_event(uuid, "CHANNEL_UNPARK", Vec::new()),
                AppActivity::Play { file, .. } => {
                    self.stop_sound(uuid, file, "done");
                    self.respond(
                        uuid,
                        if fails == FailedPlaybacks::None { "FILE PLAYED" } else { "PLAYBACK ERROR" },
                    );
                }
                AppActivity::Record { file } => {
                    self.channel_event(uuid, "RECORD_STOP", vec![header("Record-File-Path", file.clone())]);
                    self.mark_hung_up(uuid, "DESTINATION_OUT_OF_ORDER");
                    fails = FailedPlaybacks::None;
                }
                AppActivity::Collect(collect) => {
                    if let Some(file) = collect.current_file() {
                        self.stop_sound(uuid, file, "done");
                    }
                }
                AppActivity::Sleep => {}
            }
            if fails == FailedPlaybacks::Innermost {
                fails = FailedPlaybacks::None;
            }
            let from_message = frame.message.is_some();
            if !matches!(frame.activity, AppActivity::Park { by_state: true }) {
                self.complete_running_app(uuid, frame);
            }
            if from_message && fails == FailedPlaybacks::Every {
                self.fail_queued_messages(uuid);
            }
        }
        let is_alive = self.channels.get(uuid).is_some_and(|channel| channel.cause.is_none());
        if !is_alive && continues {
            self.end_channel(uuid, false);
        }
        is_alive
    }

    /// Runs the queued messages after a transfer or a bridge has ended a message's application. Their playbacks fail at
    /// once. After `uuid_break` the messages stay in the queue (switch_ivr.c:793).
    fn fail_queued_messages(&mut self, uuid: &Uuid) {
        while let Some(channel) = self.channels.get_mut(uuid) {
            if channel.break_all || channel.cause.is_some() {
                return;
            }
            let Some(message) = channel.messages.pop_front() else { return };
            let MessageCommand::Execute { app, data, uuid: app_uuid } = &message.command else { continue };
            let app_uuid = app_uuid.clone().map_or_else(|| self.rng.uuid(), Into::into);
            let run = AppRun {
                app: app.clone(),
                data: data.clone(),
                uuid: app_uuid,
                message: Some(message.clone()),
            };
            self.channel_event(uuid, "CHANNEL_EXECUTE", app_headers(&run, None));
            if run.app == "record" {
                self.mark_hung_up(uuid, "DESTINATION_OUT_OF_ORDER");
            } else if !self.run_instant_app(uuid, &run.app, &run.data) {
                self.respond(uuid, "PLAYBACK ERROR");
            }
            self.complete(uuid, &run);
        }
    }

    pub(super) fn complete_running_app(&mut self, uuid: &Uuid, frame: RunningApp) {
        let RunningApp { app, data, uuid: run, message, .. } = frame;
        self.complete(uuid, &AppRun { app, data, uuid: run, message });
    }

    /// An application ended, successfully or not: emits `CHANNEL_EXECUTE_COMPLETE`, and `PRIVATE_COMMAND` if a message
    /// started the application.
    pub(super) fn complete(&mut self, uuid: &Uuid, run: &AppRun) {
        let response = self.channels.get(uuid).and_then(|channel| channel.response).unwrap_or("_none_");
        self.channel_event(uuid, "CHANNEL_EXECUTE_COMPLETE", app_headers(run, Some(response)));
        if let Some(message) = &run.message {
            let headers =
                message.headers.iter().map(|(name, value)| (name.clone().into(), value.clone().into()));
            let headers: Vec<Header> = headers.collect();
            let body = Some(run.data.clone()).filter(|data| !data.is_empty());
            self.channel_event_with(uuid, "PRIVATE_COMMAND", headers, Vec::new(), body);
        }
    }

    /// Sets the application's response (`Application-Response`).
    pub(super) fn respond(&mut self, uuid: &Uuid, response: &'static str) {
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.response = Some(response);
            channel.set("current_application_response", response);
        }
    }
}
