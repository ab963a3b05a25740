//! The short forms of a hotline file, and the flow that they expand to.
//!
//! ```text
//! access ─allowed▶ hours ─open▶ menu ─1▶ sales ─talked▶ survey ▶ end
//!                    │closed      │2▶ …    │busy▶ sales_queue
//!                    ▼            ▼_       ▼_
//!                  notice ▶ voicemail, or else closing ▶ end
//! ```
//!
//! A section that the file does not have makes no node. The groups, `closing` and `end` are always there.

use super::Problem;
use super::flow_builder::{NodeDraft, build_flow};
use super::input_keys::AnswerDefaults;
use super::limits::{EVERYBODY, MAIN, RETRY_DEFAULT, WRAP_UP_DEFAULT};
use super::reader::Reader;
use super::section_reader::Section;
use super::telephone_key::is_dialled;
use super::toml_reader::Located;
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::Voice;
use hotlined_core::hotline::access::Access;
use hotlined_core::hotline::flow::{
    ANY, Ask, Before, Flow, NODES_MAX, NodeKind, Play, Queue, Reach, Survey, Voicemail,
};
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::hotline::limits::WAIT_S_DEFAULT;
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hotline::{Agent, Hotline, Recording, Shows, Version};
use hotlined_core::hours::OPEN;
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, Tone};
use hotlined_core::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

const ACCESS: &str = "access";
const HOURS: &str = "hours";
const MENU: &str = "menu";
const VOICEMAIL: &str = "voicemail";
const SURVEY: &str = "survey";
const CLOSING: &str = "closing";
const END: &str = "end";
/// The names of nodes, which no group may have.
const RESERVED: [&str; 7] = [ACCESS, HOURS, MENU, VOICEMAIL, SURVEY, CLOSING, END];

/// A hotline of one group: the caller hears the ringback while agents are called, and a closing announcement if no
/// agent answers.
#[derive(Clone, Debug, PartialEq)]
pub struct SimpleHotline {
    /// The ringback.
    pub ringback: Prompt,
    /// The announcement if no agent answers.
    pub closing: Prompt,
    /// The order in which agents are called.
    pub strategy: Strategy,
    /// The time limit of all attempts together.
    pub wait: Millis,
    /// The number that an agent sees.
    pub shows: Shows,
}

impl Default for SimpleHotline {
    fn default() -> Self {
        Self {
            ringback: Prompt::Tone(Tone::Ringing),
            closing: Prompt::Tone(Tone::Busy),
            strategy: Strategy::Sequential,
            wait: Millis::seconds(WAIT_S_DEFAULT),
            shows: Shows::default(),
        }
    }
}

impl SimpleHotline {
    /// The hotline with this number, name and these agents.
    pub fn hotline(self, number: &str, name: &str, agents: Vec<Agent>) -> Hotline {
        let group = Group {
            name: EVERYBODY.into(),
            agents: (0..u16::try_from(agents.len()).unwrap_or(u16::MAX)).collect(),
            strategy: self.strategy,
            last_agent_days: None,
            wrap_up: WRAP_UP_DEFAULT,
            retry: RETRY_DEFAULT,
        };
        let reach = Reach {
            group: GroupIx(0),
            ringback: Ringbacks { rules: Vec::new(), otherwise: self.ringback },
            wait: self.wait,
            before: Before::default(),
        };
        let short = ShortForms::new(vec![(EVERYBODY.into(), reach, None)], self.closing.clone());
        let mut hotline = Hotline {
            sms: None,
            number: number.into(),
            name: name.into(),
            version: Version::default(),
            shows: self.shows,
            home: None,
            voice: Voice::default(),
            suspended: None,
            calls_max: None,
            recording: Recording::default(),
            closing: self.closing,
            hours: BTreeMap::new(),
            codes: BTreeMap::new(),
            agents,
            groups: vec![group],
            flow: short.expand().unwrap_or_default(),
        };
        hotline.version = Version::of(&hotline);
        hotline
    }
}

/// A table of hours, and the notice for each state that is not open.
type Notices = (Arc<str>, Vec<(Arc<str>, Prompt)>);
/// How the menu asks for keys, and the group of each key.
type KeysToGroups = (Ask, Vec<(Arc<str>, Arc<str>)>);

/// The short forms of one file.
struct ShortForms {
    access: Option<Access>,
    hours: Option<Notices>,
    menu: Option<KeysToGroups>,
    /// The groups by the names of their nodes. Without a menu there is one group.
    groups: Vec<(Arc<str>, Reach, Option<Queue>)>,
    queue_exits: Vec<(Arc<str>, Arc<str>)>,
    voicemail: Option<Voicemail>,
    survey: Option<Survey>,
    closing: Prompt,
}

impl ShortForms {
    fn new(groups: Vec<(Arc<str>, Reach, Option<Queue>)>, closing: Prompt) -> Self {
        Self {
            access: None,
            hours: None,
            menu: None,
            groups,
            queue_exits: Vec::new(),
            voicemail: None,
            survey: None,
            closing,
        }
    }

    fn expand(self) -> Option<Flow> {
        let mut drafts = Vec::new();
        let mut add = |name: &str, kind, exits: &[(&str, &str)]| {
            let exits = exits.iter().map(|(exit, to)| (Arc::from(*exit), Arc::from(*to))).collect();
            drafts.push(NodeDraft { name: name.into(), kind, exits });
        };
        let away = if self.voicemail.is_some() { VOICEMAIL } else { CLOSING };
        let after = if self.survey.is_some() { SURVEY } else { END };
        let first_group = self.groups.first().map(|(name, _, _)| name.clone())?;
        let within = if self.menu.is_some() { MENU } else { &first_group };
        let inside = if self.hours.is_some() { HOURS } else { within };
        let start = if self.access.is_some() { ACCESS } else { inside }.to_owned();
        if let Some(access) = self.access {
            add(ACCESS, NodeKind::Access(access), &[("allowed", inside)]);
        }
        if let Some((table, notices)) = self.hours {
            let names: Vec<String> = notices.iter().map(|(state, _)| format!("notice_{state}")).collect();
            let mut exits = vec![(OPEN, within)];
            exits.extend(notices.iter().zip(&names).map(|((state, _), name)| (&**state, name.as_str())));
            add(HOURS, NodeKind::Hours { table }, &exits);
            let then = if away == CLOSING { END } else { away };
            for ((_, prompt), name) in notices.into_iter().zip(&names) {
                add(name, NodeKind::Play(Play { prompt, answer: false }), &[(ANY, then)]);
            }
        }
        if let Some((ask, exits)) = self.menu {
            let mut exits: Vec<(&str, &str)> = exits.iter().map(|(exit, to)| (&**exit, &**to)).collect();
            if !exits.iter().any(|(exit, _)| *exit == ANY) {
                exits.push((ANY, away));
            }
            add(MENU, NodeKind::Menu(ask), &exits);
        }
        for (name, reach, queue) in self.groups {
            let waiting = format!("{name}_queue");
            let mut exits = vec![("talked", after), (ANY, away)];
            if queue.is_some() {
                exits.push(("busy", &waiting));
            }
            add(&name, NodeKind::Group(reach), &exits);
            if let Some(queue) = queue {
                let keys = self.queue_exits.iter().map(|(exit, to)| (&**exit, &**to));
                let exits: Vec<_> = [("talked", after), (ANY, away)].into_iter().chain(keys).collect();
                add(&waiting, NodeKind::Queue(queue), &exits);
            }
        }
        if let Some(voicemail) = self.voicemail {
            add(VOICEMAIL, NodeKind::Voicemail(voicemail), &[(ANY, END)]);
        }
        if let Some(survey) = self.survey {
            add(SURVEY, NodeKind::Survey(survey), &[(ANY, END)]);
        }
        add(CLOSING, NodeKind::Play(Play { prompt: self.closing, answer: false }), &[(ANY, END)]);
        add(END, NodeKind::HangUp { cause: None }, &[]);
        if drafts.len() > NODES_MAX { None } else { build_flow(&start, drafts) }
    }
}

impl Reader<'_, '_> {
    /// Reads the short forms and expands them to a flow.
    pub(super) fn short_flow(&mut self, section: &Section<'_>, closing: &Prompt) -> Option<Flow> {
        let access = section.section(&mut self.toml, ACCESS).map(|section| self.access(&section, ACCESS));
        let hours = self.notices(section);
        let voicemail = section.section(&mut self.toml, VOICEMAIL).map(|section| self.voicemail(&section));
        let survey = section.section(&mut self.toml, SURVEY);
        let survey = survey.and_then(|section| self.survey(&section));
        let queue = section.section(&mut self.toml, "queue");
        let menu = section.section(&mut self.toml, MENU);
        let mut names: Vec<Arc<str>> = Vec::new();
        let menu = menu.map(|section| self.menu(&section, &mut names, voicemail.is_some()));
        if names.is_empty() {
            names.push(EVERYBODY.into());
        }
        let queue_exits = queue.as_ref().map(|section| self.queue_exits(section, voicemail.is_some()));
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            let group = self.groups_draft.group(&name)?;
            let queue = queue.as_ref().map(|section| self.queue(section, group));
            groups.push((name, Reach { group, ..self.reach.clone() }, queue));
        }
        let short = ShortForms {
            access,
            hours,
            menu: menu.flatten(),
            queue_exits: queue_exits.unwrap_or_default(),
            voicemail,
            survey,
            ..ShortForms::new(groups, closing.clone())
        };
        short.expand()
    }

    /// Reads the notices for the states of the main table that are not open.
    fn notices(&mut self, section: &Section<'_>) -> Option<Notices> {
        let written = section.table_of(&mut self.toml, "notices");
        let Some((table, hours)) = self.hours.get_key_value(MAIN).map(|(n, h)| (n.clone(), h.clone())) else {
            if written.is_some() && !self.hours_written.contains(MAIN) {
                let problem = Problem::Node(
                    "have no hours: write [hours] with a line such as open = \"mon-fri 09:00-18:00\"",
                );
                self.toml.report(section.at("notices"), "notices", problem);
            }
            return None;
        };
        let shut = |state: &&Arc<str>| &***state != OPEN && hours.ever(state);
        let states: Vec<&Arc<str>> = hours.states().iter().filter(shut).collect();
        for (key, at) in written.iter().flat_map(|table| table.keys()) {
            if !states.iter().any(|state| &***state == key) {
                let hint = Hint::of(key, states.iter().map(|state| &***state));
                let problem = Problem::Unknown { found: shortened(key), what: "state of the hours", hint };
                self.toml.report(at, format!("notices.{key}"), problem);
            }
        }
        let notices = written.map(Section::of_sounds);
        let mut prompts = Vec::new();
        for state in states {
            let standard = match &**state {
                "holiday" => [Piece::ClosedForHoliday],
                "lunch" => [Piece::ClosedForLunch],
                _ => [Piece::ClosedNow],
            };
            let prompt = match &notices {
                Some(notices) if notices.has(state) => self.sound(notices, state),
                Some(_) | None => self.standard_notice(section, state, &standard),
            };
            prompts.extend(prompt.map(|prompt| (state.clone(), prompt)));
        }
        Some((table, prompts))
    }

    fn standard_notice(&mut self, section: &Section<'_>, state: &str, pieces: &[Piece]) -> Option<Prompt> {
        let key = format!("notices.{state}");
        let at = section.at("hours");
        self.standard_at(at, &key, pieces, "record it, or name another file in [notices]")
    }

    /// Reads the menu and collects the groups that it leads to.
    fn menu(
        &mut self,
        section: &Section<'_>,
        names: &mut Vec<Arc<str>>,
        voicemail: bool,
    ) -> Option<KeysToGroups> {
        let pairs = section.pairs(&mut self.toml, "exits");
        let dialled = pairs.iter().map(|(exit, _)| *exit).filter(|exit| is_dialled(exit));
        let answer = AnswerDefaults::one_of(dialled);
        let prompt = self.sound(section, "prompt");
        let ask = self.ask(section, prompt, &[Piece::InvalidKey], &answer);
        let mut exits = Vec::new();
        for (exit, found) in pairs {
            if !is_dialled(exit) && !["invalid", "timeout", "hangup", ANY].contains(&exit) {
                let hint = Hint::of(exit, ["invalid", "timeout", ANY]);
                self.toml.report(found.at, found.key.clone(), Problem::NoExit { kind: MENU, hint });
            }
            let own = [MENU, CLOSING, END].contains(&found.value) || (voicemail && found.value == VOICEMAIL);
            let to: Arc<str> = found.value.into();
            if !own {
                if RESERVED.contains(&found.value) {
                    self.no_target(&found, voicemail);
                    continue;
                }
                if self.group_at(found).is_none() {
                    continue;
                }
                if !names.contains(&to) {
                    names.push(to.clone());
                }
            }
            exits.push((self.cache.word(exit), to));
        }
        if names.is_empty() && !section.has("exits") {
            let problem = Problem::Missing("write a group for each key: exits = { 1 = \"sales\" }");
            self.toml.report(section.table.at, section.table.path("exits"), problem);
        }
        Some((ask?, exits))
    }

    /// Reads the exits of the queue.
    fn queue_exits(&mut self, section: &Section<'_>, voicemail: bool) -> Vec<(Arc<str>, Arc<str>)> {
        let mut exits = Vec::new();
        for (exit, found) in section.pairs(&mut self.toml, "exits") {
            let fits = is_dialled(exit) || ["timeout", "full", "off_duty", "hangup", ANY].contains(&exit);
            if !fits {
                let hint = Hint::of(exit, ["timeout", "full", "off_duty", ANY]);
                self.toml.report(found.at, found.key.clone(), Problem::NoExit { kind: "queue", hint });
            } else if [CLOSING, END].contains(&found.value) || (voicemail && found.value == VOICEMAIL) {
                exits.push((self.cache.word(exit), found.value.into()));
            } else {
                self.no_target(&found, voicemail);
            }
        }
        exits
    }

    fn no_target(&mut self, found: &Located<&str>, voicemail: bool) {
        let own = [CLOSING, END].into_iter().chain(voicemail.then_some(VOICEMAIL));
        let hint = Hint::of(found.value, own);
        let problem =
            Problem::Unknown { found: shortened(found.value), what: "node of the short forms", hint };
        self.toml.report(found.at, found.key.clone(), problem);
    }
}
