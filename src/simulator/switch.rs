//! The switch's side of a run: its requests, replies and events, and the checks on its callers and agents.

use super::connection::DecodedRequest;
use super::counts::Counter;
use super::invariants::SOUND_WITHIN;
use super::world::World;
use hotlined_sim::invariants;
use hotlined_sim::model::{SwitchInput, SwitchOutput};
use hotlined_sim::requests::encode_reply;
use hotlined_sim::stats::TimelineEvent;
use hotlined_sim::switch_event::SwitchEvent;

impl World<'_> {
    /// The switch executes the requests on the connection of this host.
    pub(super) fn answer_requests(&mut self, ix: usize) -> Result<(), String> {
        loop {
            let Some(connection) = &mut self.hosts[ix].connection else { return Ok(()) };
            match connection.next_request()? {
                None => return Ok(()),
                Some(DecodedRequest::Answered(answer)) => connection.answer(self.now, &answer, &mut self.rng),
                Some(DecodedRequest::Exit) => self.close_by_switch(ix),
                Some(DecodedRequest::Model(input)) => self.handle_switch_input(input, Some(ix))?,
            }
            if let Some(connection) = &mut self.hosts[ix].connection {
                connection.poll(self.now, &mut self.rng);
            }
        }
    }

    /// A daemon has sent `exit`: the switch closes the connection.
    fn close_by_switch(&mut self, ix: usize) {
        let host = &mut self.hosts[ix];
        (host.connection, host.notices_link_loss) = (None, Some((self.now, false)));
        if let Some(daemon) = &mut host.daemon {
            daemon.has_left = true;
        }
    }

    /// The switch processes an input. The reply goes to the host `by`, if a daemon sent the input.
    pub(super) fn handle_switch_input(
        &mut self,
        input: SwitchInput,
        by: Option<usize>,
    ) -> Result<(), String> {
        match &input {
            SwitchInput::Api { command, argument } | SwitchInput::BgApi { command, argument, .. } => {
                let caller = argument.split(' ').find(|word| self.model.call_report(word).is_some());
                match command.as_str() {
                    "uuid_bridge" => self.joining.extend(caller.map(Into::into)),
                    "sched_transfer" => drop(caller.map(|caller| self.joining.remove(caller))),
                    _ => {}
                }
                self.trace(|| format!("switch is told {command} {argument}"));
            }
            SwitchInput::SendMsg { leg, headers, body } => {
                self.trace(|| format!("switch is told {leg} {:?} {body:?}", headers.get(2)));
            }
            SwitchInput::SendEvent { .. } => {}
            SwitchInput::Dial(_)
            | SwitchInput::HangUp { .. }
            | SwitchInput::Press { .. }
            | SwitchInput::Crash
            | SwitchInput::Due => {}
        }
        let is_list = matches!(&input, SwitchInput::Api { command, .. } if command == "show");
        for output in self.model.handle(self.now, input) {
            match &output {
                SwitchOutput::Event(event) => {
                    self.check_talk_end(event)?;
                    let mut swaps = 0;
                    for host in &mut self.hosts {
                        let swapped = self.rng.percent(self.setup.reordered_percent);
                        let connection = host.connection.as_mut();
                        swaps += u64::from(
                            connection
                                .is_some_and(|connection| connection.queue_event(self.now, event, swapped)),
                        );
                    }
                    self.summary.counts.add(Counter::Reordered, swaps);
                }
                SwitchOutput::Reply { .. } | SwitchOutput::Api(_) => {
                    let reply = encode_reply(&output).unwrap_or_default();
                    let mut twice = 0;
                    if let Some(connection) = by.and_then(|ix| self.hosts[ix].connection.as_mut()) {
                        if let (true, SwitchOutput::Api(list)) = (is_list, &output) {
                            twice = connection.channels_listed(list);
                        }
                        connection.answer(self.now, &reply, &mut self.rng);
                    }
                    self.summary.counts.add(Counter::LegReportedTwice, twice);
                }
                SwitchOutput::Timeline(entry) => {
                    if let Some(transcript) = &mut self.transcript {
                        transcript.add_timeline_entry(entry);
                    }
                    self.check_timeline_event(&entry.event)?;
                }
            }
        }
        Ok(())
    }

    /// Checks an event of a caller's or agent's leg.
    pub(super) fn check_timeline_event(&mut self, event: &TimelineEvent) -> Result<(), String> {
        match event {
            TimelineEvent::Bridged { leg, peer } => {
                self.pairs.insert(leg.to_string(), (peer.to_string(), self.now));
                self.pairs.insert(peer.to_string(), (leg.to_string(), self.now));
            }
            TimelineEvent::FallbackStarted { leg } => {
                if let Some((peer, since)) = self.pairs.remove(&**leg) {
                    self.pairs.remove(&peer);
                    if !self.may_talk_break(since, [leg, &peer]) {
                        return Err(format!("the fallback took {leg} out of a talk"));
                    }
                }
            }
            TimelineEvent::AgentCalled { number, .. } => self.check_lines_suffice(number)?,
            TimelineEvent::HungUp { leg, .. } => {
                self.legs_with_lost_claims.remove(&**leg);
                if let Some(call) = self.model.call_report(leg) {
                    let at_first = call.first_sound.or(call.ended).unwrap_or_default();
                    invariants::caller_hears_something(&call, at_first, SOUND_WITHIN)?;
                    if !self.asks {
                        invariants::caller_hears_something(&call, call.longest_silence, SOUND_WITHIN)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The first leg of a talk that ends does so because its far end hung up. The other end of the talk, a daemon or
    /// the switch must not end it.
    pub(super) fn check_talk_end(&mut self, event: &SwitchEvent) -> Result<(), String> {
        let Some(leg) = event.header("Unique-ID").filter(|_| event.name() == "CHANNEL_HANGUP") else {
            return Ok(());
        };
        let Some((peer, since)) = self.pairs.remove(leg) else { return Ok(()) };
        self.pairs.remove(&peer);
        if event.header("variable_sip_term_status").is_some() {
            return Ok(());
        }
        let cause = event.header("Hangup-Cause");
        if !self.may_talk_break(since, [leg, &peer]) {
            return Err(format!("the talk of {leg} and {peer} was torn: {cause:?}"));
        }
        Ok(())
    }
}
