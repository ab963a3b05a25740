//! How a channel drops what it does, and how what it did says that it ended.

use super::apps::{Run, run_headers};
use super::channel::{Doing, Frame, PrivateWhat, Uuid};
use super::model::SwitchModel;
use super::switch_event::{Header, header};

/// Which playbacks say that they failed when all that a channel does is dropped. On a channel that goes elsewhere
/// each finds that out by itself; on one that is hung up the innermost does, and those around it can read no
/// more, which counts as played (seen).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fails {
    None,
    Innermost,
    Every,
}

impl SwitchModel {
    /// Drops everything the channel does; false when that ended it. A recording takes it for a failure that its
    /// channel is to go elsewhere, and hangs it up (mod_dptools.c:3282).
    pub(super) fn unwind(&mut self, uuid: &Uuid, fails: Fails) -> bool {
        let wanted_alive = fails == Fails::Every;
        let mut fails = fails;
        while let Some(frame) = self.channels.get_mut(uuid).and_then(|channel| channel.stack.pop()) {
            match &frame.doing {
                Doing::Park { .. } => self.about(uuid, "CHANNEL_UNPARK", Vec::new()),
                Doing::Play { file, .. } => {
                    self.sound_stops(uuid, file, "done");
                    self.respond(uuid, if fails == Fails::None { "FILE PLAYED" } else { "PLAYBACK ERROR" });
                }
                Doing::Record { file } => {
                    self.about(uuid, "RECORD_STOP", vec![header("Record-File-Path", file.clone())]);
                    self.mark_hung_up(uuid, "DESTINATION_OUT_OF_ORDER");
                    fails = Fails::None;
                }
                Doing::Collect(collect) => {
                    if let Some(file) = collect.sounding() {
                        self.sound_stops(uuid, file, "done");
                    }
                }
                Doing::Sleep => {}
            }
            if fails == Fails::Innermost {
                fails = Fails::None;
            }
            let ordered = frame.order.is_some();
            if !matches!(frame.doing, Doing::Park { by_state: true }) {
                self.complete_frame(uuid, frame);
            }
            if ordered && fails == Fails::Every {
                self.fail_orders(uuid);
            }
        }
        let lives = self.channels.get(uuid).is_some_and(|channel| channel.cause.is_none());
        if !lives && wanted_alive {
            self.end_channel(uuid, false);
        }
        lives
    }

    /// Where an order ends because its channel goes elsewhere, those that wait behind it are taken, too, and
    /// find a channel that plays nothing; unless it was broken off before (switch_ivr.c:793).
    fn fail_orders(&mut self, uuid: &Uuid) {
        while let Some(channel) = self.channels.get_mut(uuid) {
            if channel.breaking_all || channel.cause.is_some() {
                return;
            }
            let Some(order) = channel.queue.pop_front() else { return };
            let PrivateWhat::Execute { app, data, uuid: named } = &order.what else { continue };
            let named = named.clone().map_or_else(|| self.chance.uuid(), Into::into);
            let run = Run { app: app.clone(), data: data.clone(), uuid: named, order: Some(order.clone()) };
            self.about(uuid, "CHANNEL_EXECUTE", run_headers(&run, None));
            if run.app == "record" {
                self.mark_hung_up(uuid, "DESTINATION_OUT_OF_ORDER");
            } else if !self.at_once(uuid, &run.app, &run.data) {
                self.respond(uuid, "PLAYBACK ERROR");
            }
            self.complete(uuid, &run);
        }
    }

    pub(super) fn complete_frame(&mut self, uuid: &Uuid, frame: Frame) {
        let Frame { app, data, uuid: run, order, .. } = frame;
        self.complete(uuid, &Run { app, data, uuid: run, order });
    }

    /// The application came to its end, one way or the other.
    pub(super) fn complete(&mut self, uuid: &Uuid, run: &Run) {
        let response = self.channels.get(uuid).and_then(|channel| channel.response).unwrap_or("_none_");
        self.about(uuid, "CHANNEL_EXECUTE_COMPLETE", run_headers(run, Some(response)));
        if let Some(order) = &run.order {
            let headers =
                order.headers.iter().map(|(name, value)| (name.clone().into(), value.clone().into()));
            let headers: Vec<Header> = headers.collect();
            let body = Some(run.data.clone()).filter(|data| !data.is_empty());
            self.about_with(uuid, "PRIVATE_COMMAND", headers, Vec::new(), body);
        }
    }

    pub(super) fn respond(&mut self, uuid: &Uuid, response: &'static str) {
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.response = Some(response);
            channel.set("current_application_response", response);
        }
    }
}
