//! The switch's part: what it is asked, what it tells, and what its people live through.

use super::connection::Asked;
use super::counts::Counter;
use super::invariants::SOUND_WITHIN;
use super::world::World;
use hotlined_sim::invariants;
use hotlined_sim::model::{SwitchInput, SwitchOutput};
use hotlined_sim::requests::encode_reply;
use hotlined_sim::stats::TimelineEvent;
use hotlined_sim::switch_event::SwitchEvent;

impl World<'_> {
    /// The switch does what it was asked on the line of this post.
    pub(super) fn requests(&mut self, at: usize) -> Result<(), String> {
        loop {
            let Some(line) = &mut self.posts[at].line else { return Ok(()) };
            match line.asked()? {
                None => return Ok(()),
                Some(Asked::Answered(answer)) => line.answer(self.now, &answer, &mut self.rng),
                Some(Asked::Exit) => self.lets_go(at),
                Some(Asked::Model(input)) => self.tell(input, Some(at))?,
            }
            if let Some(line) = &mut self.posts[at].line {
                line.poll(self.now, &mut self.rng);
            }
        }
    }

    /// A daemon has said goodbye: the switch closes the connection.
    fn lets_go(&mut self, at: usize) {
        let post = &mut self.posts[at];
        (post.line, post.notices) = (None, Some((self.now, false)));
        if let Some(daemon) = &mut post.daemon {
            daemon.has_left = true;
        }
    }

    /// The switch lives through this; whoever asked for it gets the answer.
    pub(super) fn tell(&mut self, input: SwitchInput, by: Option<usize>) -> Result<(), String> {
        match &input {
            SwitchInput::Api { command, argument } | SwitchInput::BgApi { command, argument, .. } => {
                let caller = argument.split(' ').find(|word| self.model.call_report(word).is_some());
                match command.as_str() {
                    "uuid_bridge" => self.joining.extend(caller.map(Into::into)),
                    "sched_transfer" => drop(caller.map(|caller| self.joining.remove(caller))),
                    _ => {}
                }
                self.note(|| format!("switch is told {command} {argument}"));
            }
            SwitchInput::SendMsg { leg, headers, body } => {
                self.note(|| format!("switch is told {leg} {:?} {body:?}", headers.get(2)));
            }
            SwitchInput::SendEvent { .. } => {}
            SwitchInput::Dial(_)
            | SwitchInput::HangUp { .. }
            | SwitchInput::Press { .. }
            | SwitchInput::Crash
            | SwitchInput::Due => {}
        }
        let lists = matches!(&input, SwitchInput::Api { command, .. } if command == "show");
        for output in self.model.handle(self.now, input) {
            match &output {
                SwitchOutput::Event(event) => {
                    self.leg_ends(event)?;
                    let mut swaps = 0;
                    for post in &mut self.posts {
                        let swapped = self.rng.percent(self.scene.reordered_percent);
                        let line = post.line.as_mut();
                        swaps += u64::from(line.is_some_and(|line| line.tell(self.now, event, swapped)));
                    }
                    self.summary.counts.add(Counter::Reordered, swaps);
                }
                SwitchOutput::Reply { .. } | SwitchOutput::Api(_) => {
                    let answer = encode_reply(&output).unwrap_or_default();
                    let mut twice = 0;
                    if let Some(line) = by.and_then(|at| self.posts[at].line.as_mut()) {
                        if let (true, SwitchOutput::Api(list)) = (lists, &output) {
                            twice = line.listed(list);
                        }
                        line.answer(self.now, &answer, &mut self.rng);
                    }
                    self.summary.counts.add(Counter::LegReportedTwice, twice);
                }
                SwitchOutput::Timeline(happening) => {
                    if let Some(story) = &mut self.story {
                        story.happened(happening);
                    }
                    self.people(&happening.event)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn people(&mut self, what: &TimelineEvent) -> Result<(), String> {
        match what {
            TimelineEvent::Bridged { leg, peer } => {
                self.pairs.insert(leg.to_string(), (peer.to_string(), self.now));
                self.pairs.insert(peer.to_string(), (leg.to_string(), self.now));
            }
            TimelineEvent::FallbackStarted { leg } => {
                if let Some((peer, since)) = self.pairs.remove(&**leg) {
                    self.pairs.remove(&peer);
                    if !self.may_be_torn(since, [leg, &peer]) {
                        return Err(format!("the fallback took {leg} out of a talk"));
                    }
                }
            }
            TimelineEvent::AgentCalled { number, .. } => self.is_called(number)?,
            TimelineEvent::HungUp { leg, .. } => {
                self.unclaimed.remove(&**leg);
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

    /// The first of two who talk goes because its far end left, not because somebody ended it.
    pub(super) fn leg_ends(&mut self, event: &SwitchEvent) -> Result<(), String> {
        let Some(leg) = event.header("Unique-ID").filter(|_| event.name() == "CHANNEL_HANGUP") else {
            return Ok(());
        };
        let Some((peer, since)) = self.pairs.remove(leg) else { return Ok(()) };
        self.pairs.remove(&peer);
        if event.header("variable_sip_term_status").is_some() {
            return Ok(());
        }
        let cause = event.header("Hangup-Cause");
        if !self.may_be_torn(since, [leg, &peer]) {
            return Err(format!("the talk of {leg} and {peer} was torn: {cause:?}"));
        }
        Ok(())
    }
}
