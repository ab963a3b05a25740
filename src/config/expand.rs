//! Writes a hotline as a file that reads back to the same hotline, with every default written out and every short form
//! as nodes.

use super::SoundFolder;
use super::limits::ONE_AGENT_PREFIX;
use super::reader::SourceInfo;
use super::schema::{CAUSES, LANGUAGES, RECORDINGS, SHOWS, STRATEGIES};
use super::sms_schema::{MASKS, OUTCOMES, QUIET_THENS};
use super::sound_keys::{TONE, TONES};
use hotlined_core::hotline::access::{Access, RefusalAction};
use hotlined_core::hotline::flow::{Ask, Before, Node, NodeKind, Queue, Reach};
use hotlined_core::hotline::group::Group;
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hotline::{Agent, Dial, Hotline};
use hotlined_core::hours::{Hours, Shifts};
use hotlined_core::message::{MessageRule, Recipient};
use hotlined_core::number::{AreaSet, Prefixes};
use hotlined_core::prompt::{Prompt, SoundPath};
use hotlined_core::time::Millis;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// The text of a hotline. `source` has what the hotline does not keep of its own file.
pub(super) fn write(hotline: &Hotline, source: &SourceInfo, sounds: &SoundFolder) -> String {
    let mut writer = TomlWriter { text: String::new(), hotline, source, sounds };
    writer.head();
    writer.hours();
    writer.agents();
    writer.groups();
    writer.sms();
    writer.flow();
    writer.text
}

struct TomlWriter<'h> {
    text: String,
    hotline: &'h Hotline,
    source: &'h SourceInfo,
    sounds: &'h SoundFolder,
}

/// A TOML string.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A TOML array of strings.
fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| text(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A TOML key, in quotes where needed.
fn name(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if bare { name.to_owned() } else { text(name) }
}

/// The word of a value, as a TOML string.
fn word<T: PartialEq>(words: &[(&str, T)], value: &T) -> String {
    text(words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word))
}

/// A TOML inline table.
fn inline(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(key, value)| format!("{} = {value}", name(&key))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn seconds(span: Millis) -> String {
    (span.0 / 1_000).to_string()
}

fn minutes(span: Millis) -> String {
    (span.0 / 60_000).to_string()
}

fn state(of: &(Arc<str>, Arc<str>)) -> String {
    text(&format!("{}.{}", of.0, of.1))
}

fn areas(set: &AreaSet) -> String {
    texts(set.iter().map(|area| area.name()))
}

impl TomlWriter<'_> {
    fn put(&mut self, key: &str, value: impl AsRef<str>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{} = {}", name(key), value.as_ref());
    }

    fn maybe<T>(&mut self, key: &str, value: Option<T>, write: impl FnOnce(&Self, T) -> String) {
        if let Some(value) = value {
            let value = write(self, value);
            self.put(key, value);
        }
    }

    fn table(&mut self, header: &str) {
        let _ = writeln!(self.text, "\n{header}");
    }

    fn head(&mut self) {
        let hotline = self.hotline;
        self.put("number", text(&hotline.number));
        self.put("name", text(&hotline.name));
        self.maybe("home", hotline.home, |_, home| text(&home.to_string()));
        self.put("language", word(&LANGUAGES, &hotline.voice.language));
        self.put("shows", word(&SHOWS, &hotline.shows));
        self.put("recording", word(&RECORDINGS, &hotline.recording));
        self.maybe("calls_max", hotline.calls_max, |_, most| most.to_string());
        match &hotline.suspended {
            None => {}
            Some(RefusalAction::Announce(notice)) => {
                self.put("suspended", "true");
                self.put("suspended_notice", self.prompt(notice));
            }
            Some(RefusalAction::Reject(_)) => {
                self.put("suspended", "true");
                self.put("suspended_notice", "false");
            }
        }
        self.put("closing", self.prompt(&hotline.closing));
        // A group of one agent has no table of its own.
        if let Some(alone) = hotline.groups.iter().find(|group| group.name.starts_with(ONE_AGENT_PREFIX)) {
            self.policy(alone);
        }
        let limits = self.source.limits;
        self.table("[limits]");
        self.put("layers", limits.layers.to_string());
        self.put("keys", limits.keys.to_string());
        self.put("numbers", limits.numbers.to_string());
        self.put("ringbacks", limits.ringbacks.to_string());
        for (set, file) in &self.source.code_files {
            self.table(&format!("[codes.{}]", name(set)));
            self.put("file", text(file));
        }
    }

    fn hours(&mut self) {
        for (table, hours) in &self.hotline.hours {
            self.table(&format!("[hours.{}]", name(table)));
            self.hours_table(table, hours);
        }
    }

    fn hours_table(&mut self, table: &str, hours: &Hours) {
        self.put("zone", text(hours.zone().name()));
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for rule in hours.rules() {
            lines.entry(&rule.state).or_default().push(rule.line.to_string());
        }
        for (state, lines) in lines {
            self.put(state, texts(lines));
        }
        for exception in hours.exceptions() {
            self.table(&format!("[[hours.{}.except]]", name(table)));
            self.put("date", text(&exception.dates.to_string()));
            let mut states: BTreeMap<&str, Vec<&Shifts>> = BTreeMap::new();
            for (state, shifts) in &exception.states {
                states.entry(state).or_default().push(shifts);
            }
            for (state, shifts) in states {
                let all_day = shifts.contains(&&Shifts::default());
                let value = match all_day {
                    true => "true".to_owned(),
                    false => texts(shifts.iter().map(|shifts| shifts.to_string())),
                };
                self.put(state, value);
            }
        }
    }

    fn agents(&mut self) {
        for agent in &self.hotline.agents {
            self.table("[[agents]]");
            self.agent(agent);
        }
    }

    fn agent(&mut self, agent: &Agent) {
        self.put("id", text(&agent.id));
        self.put("name", text(&agent.name));
        match &agent.dial {
            Dial::Phone(phone) => self.put("phone", text(phone)),
            Dial::Endpoint(endpoint) => self.put("endpoint", text(endpoint)),
        }
        self.put("lines", agent.lines.to_string());
        self.put("ring_time_s", seconds(agent.ring_time));
        self.put("on", agent.on.to_string());
        self.maybe("hours", agent.hours.as_ref(), |_, hours| state(hours));
        self.put("confirm", agent.confirm.to_string());
        self.put("share", agent.share.to_string());
    }

    fn groups(&mut self) {
        for group in self.hotline.groups.iter().filter(|group| !group.name.starts_with(ONE_AGENT_PREFIX)) {
            self.table(&format!("[groups.{}]", name(&group.name)));
            let ids = group.agents.iter().filter_map(|at| self.hotline.agents.get(usize::from(*at)));
            self.put("agents", texts(ids.map(|agent| &agent.id)));
            self.policy(group);
        }
    }

    fn policy(&mut self, group: &Group) {
        self.put("order", word(&STRATEGIES, &group.strategy));
        self.maybe("last_agent_days", group.last_agent_days, |_, days| days.to_string());
        self.put("wrap_up_s", seconds(group.wrap_up));
        self.put("retry_s", seconds(group.retry));
    }

    fn sms(&mut self) {
        let Some(rules) = self.hotline.sms.as_deref() else { return };
        self.table("[sms]");
        if !rules.sign.is_empty() {
            self.put("sign", text(&rules.sign));
        }
        if !rules.owner.is_empty() {
            self.put("owner", texts(&rules.owner));
        }
        self.put("mask", word(&MASKS, &rules.mask));
        self.maybe("quiet", rules.quiet, |_, quiet| text(&quiet.to_string()));
        self.maybe("quiet_then", rules.quiet, |_, quiet| word(&QUIET_THENS, &quiet.then));
        if !rules.gateways.is_empty() {
            self.put("gateways", texts(&rules.gateways));
        }
        self.put("number_hour_max", rules.limits.number_hour_max.to_string());
        self.put("number_day_max", rules.limits.number_day_max.to_string());
        self.put("day_max", rules.limits.day_max.to_string());
        // All messages that may be put together have the same digest.
        let digest = rules.rules.iter().find_map(|rule| rule.digest.as_ref());
        self.put("digest_above", digest.map_or(0, |digest| digest.above).to_string());
        self.maybe("digest_every_min", digest, |_, digest| minutes(digest.every));
        self.maybe("digest", digest, |_, digest| text(&digest.text.to_string()));
        self.maybe("digest_template", digest, |_, digest| text(&digest.template));
        for rule in &rules.rules {
            self.table("[[sms.messages]]");
            self.message(rule);
        }
    }

    fn message(&mut self, rule: &MessageRule) {
        self.put("template", text(&rule.template));
        let on = OUTCOMES.iter().filter(|(_, outcome)| rule.on.contains(outcome));
        self.put("on", texts(on.map(|(word, _)| word)));
        self.put("to", texts(rule.to.iter().map(Recipient::as_str)));
        self.put("text", text(&rule.text.to_string()));
        self.put("lifetime_min", minutes(rule.lifetime));
        self.put("digest", rule.digest.is_some().to_string());
    }

    fn flow(&mut self) {
        let flow = &self.hotline.flow;
        self.table("[flow]");
        self.maybe("start", flow.node(flow.start), |_, start| text(&start.name));
        for node in &flow.nodes {
            self.table(&format!("[nodes.{}]", name(&node.name)));
            if node.answers() {
                self.text.push_str("# Answers the call: billing starts here.\n");
            }
            self.node(node);
            let to = |(exit, to): (&Arc<str>, _)| Some((exit.to_string(), text(&flow.node(to)?.name)));
            let exits = node.exits.iter().filter_map(|(exit, at)| to((exit, *at)));
            if !node.exits.is_empty() {
                let exits = inline(exits);
                self.put("exits", exits);
            }
        }
    }

    fn node(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Hours { table } => {
                self.kind("hours");
                self.put("table", text(table));
            }
            NodeKind::Area { routes } => {
                self.kind("area");
                let route = |(set, exit): &(AreaSet, Arc<str>)| {
                    inline([("areas".to_owned(), areas(set)), ("exit".to_owned(), text(exit))])
                };
                let routes: Vec<String> = routes.iter().map(route).collect();
                self.put("routes", format!("[{}]", routes.join(", ")));
            }
            NodeKind::Access(access) => {
                self.kind("access");
                self.access(access, &node.name);
            }
            NodeKind::Menu(ask) => self.asking("menu", ask),
            NodeKind::Collect(collect) => {
                self.asking("collect", &collect.ask);
                self.put("name", text(&collect.name));
            }
            NodeKind::Extension(ask) => self.asking("extension", ask),
            NodeKind::Play(play) => {
                self.kind("play");
                self.put("prompt", self.prompt(&play.prompt));
                self.put("answer", play.answer.to_string());
            }
            NodeKind::Group(reach) => self.group(reach),
            NodeKind::Queue(queue) => self.queue(queue),
            NodeKind::Voicemail(voicemail) => {
                self.kind("voicemail");
                self.or_false("greeting", voicemail.greeting.as_ref());
                self.put("longest_s", seconds(voicemail.longest));
                self.put("shortest_s", seconds(voicemail.shortest));
                self.put("silence_s", seconds(voicemail.silence));
                self.or_false("saved", voicemail.saved.as_ref());
            }
            NodeKind::Survey(survey) => {
                self.asking("survey", &survey.ask);
                self.put("highest", survey.highest.to_string());
                self.or_false("thanks", survey.thanks.as_ref());
            }
            NodeKind::VerifyCode(verify) => {
                self.asking("verify_code", &verify.ask);
                self.put("codes", text(&verify.codes));
            }
            NodeKind::Set(set) => {
                self.kind("set");
                self.maybe("priority", set.priority, |_, priority| priority.to_string());
                self.maybe("mark", set.mark.as_ref(), |_, (key, value)| {
                    inline([("name".to_owned(), text(key)), ("value".to_owned(), text(value))])
                });
            }
            NodeKind::Goto => self.kind("goto"),
            NodeKind::HangUp { cause } => {
                self.kind("hangup");
                self.maybe("cause", cause.as_ref(), |_, cause| word(&CAUSES, cause));
            }
        }
    }

    fn kind(&mut self, kind: &str) {
        self.put("type", text(kind));
    }

    fn asking(&mut self, kind: &str, ask: &Ask) {
        self.kind(kind);
        self.put("prompt", self.prompt(&ask.prompt));
        self.or_false("invalid", ask.invalid.as_ref());
        self.put("timeout", ask.timeout.0.to_string());
        self.put("inter_digit_timeout", ask.inter_digit_timeout.0.to_string());
        self.put("max_failures", ask.max_failures.to_string());
        self.put("max_timeouts", ask.max_timeouts.to_string());
        self.put("digits_min", ask.digits_min.to_string());
        self.put("digit_len", ask.digit_len.to_string());
        let terminator = ask.terminator.map_or("false".to_owned(), |key| text(&key.to_string()));
        self.put("terminator", terminator);
    }

    fn group(&mut self, reach: &Reach) {
        let group = self.hotline.groups.get(usize::from(reach.group.0));
        let group = group.map_or("", |group| &*group.name);
        match group.strip_prefix(ONE_AGENT_PREFIX) {
            Some(id) => {
                self.kind("agent");
                self.put("agent", text(id));
            }
            None => {
                self.kind("group");
                self.put("group", text(group));
            }
        }
        self.reach(reach);
    }

    fn queue(&mut self, queue: &Queue) {
        self.kind("queue");
        let group = self.hotline.groups.get(usize::from(queue.reach.group.0));
        self.put("group", text(group.map_or("", |group| &*group.name)));
        self.reach(&queue.reach);
        self.put("length_max", queue.length_max.to_string());
        self.put("answer", queue.answer.to_string());
        self.put("say_position", queue.say_position.to_string());
        self.put("say_wait", queue.say_wait.to_string());
        self.maybe("every_s", queue.every, |_, every| seconds(every));
        self.maybe("notice", queue.notice.as_ref(), |writer, notice| writer.prompt(notice));
        self.maybe("call_back", queue.call_back, |_, key| text(&key.to_string()));
    }

    fn reach(&mut self, reach: &Reach) {
        let Ringbacks { rules, otherwise } = &reach.ringback;
        self.put("ringback", self.prompt(otherwise));
        let rule = |rule: &hotlined_core::hotline::ringback::RingbackRule| {
            let file = ("file".to_owned(), self.prompt(&rule.prompt));
            let hours = rule.hours.as_ref().map(|hours| ("hours".to_owned(), state(hours)));
            let from = rule.area.as_ref().map(|set| ("areas".to_owned(), areas(set)));
            inline([file].into_iter().chain(hours).chain(from))
        };
        let rules: Vec<String> = rules.iter().map(rule).collect();
        if !rules.is_empty() {
            self.put("ringbacks", format!("[{}]", rules.join(", ")));
        }
        self.put("wait_s", seconds(reach.wait));
        let Before { to_caller, to_agent, agent_number } = &reach.before;
        let mut before = vec![("agent_number".to_owned(), agent_number.to_string())];
        for (key, prompt) in [("to_caller", to_caller), ("to_agent", to_agent)] {
            before.extend(prompt.as_ref().map(|prompt| (key.to_owned(), self.prompt(prompt))));
        }
        if reach.before != Before::default() {
            self.put("before", inline(before));
        }
    }

    fn access(&mut self, access: &Access, node: &str) {
        self.list("white", &access.white, node);
        self.put("only_white", access.only_white.to_string());
        self.list("black", &access.black, node);
        let treatment = |refused| text(if refused { "refuse" } else { "allow" });
        self.put("anonymous", treatment(access.refuse_anonymous));
        self.put("international", treatment(access.refuse_international));
        self.put("refuse_areas", areas(&access.refused_areas));
        self.put("only_areas", areas(&access.only_areas));
        self.maybe("hours", access.hours.as_ref(), |_, hours| state(hours));
        self.maybe("frequency", access.frequency, |_, frequency| {
            let minutes = frequency.within.0 / 60_000;
            inline([
                ("calls".to_owned(), frequency.calls.to_string()),
                ("minutes".to_owned(), minutes.to_string()),
            ])
        });
        match &access.refusal {
            RefusalAction::Announce(notice) => self.put("notice", self.prompt(notice)),
            RefusalAction::Reject(cause) => self.put("cause", word(&CAUSES, cause)),
        }
    }

    /// A list as its own file wrote it, or else its entries.
    fn list(&mut self, key: &str, prefixes: &Prefixes, node: &str) {
        match self.source.lists.get(&(node.to_owned(), key.to_owned())) {
            Some(declared) => {
                if !declared.numbers.is_empty() {
                    self.put(key, texts(&declared.numbers));
                }
                self.maybe(&format!("{key}_file"), declared.file.as_deref(), |_, file| text(file));
            }
            None if prefixes.is_empty() => {}
            None => self.put(key, texts(prefixes.iter().map(|entry| entry.to_string()))),
        }
    }

    fn or_false(&mut self, key: &str, prompt: Option<&Prompt>) {
        let value = prompt.map_or("false".to_owned(), |prompt| self.prompt(prompt));
        self.put(key, value);
    }

    fn prompt(&self, prompt: &Prompt) -> String {
        let named = |path: &SoundPath| self.sounds.name_of(&self.hotline.number, path);
        match prompt {
            Prompt::File(path) => text(&named(path)),
            Prompt::Files(paths) => texts(paths.iter().map(named)),
            Prompt::Tone(tone) => {
                let word = TONES.iter().find(|(_, known)| known == tone).map_or("", |(word, _)| word);
                text(&format!("{TONE}{word}"))
            }
        }
    }
}
