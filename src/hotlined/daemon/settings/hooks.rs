//! Checks the sections `[hooks]`, `[api]` and `[screen_pop]`: what other systems learn of calls.

use super::check::Checker;
use super::fault::SettingsFaultKind;
use super::raw_hooks::{RawApi, RawHook, RawList, RawScreenPop, RawToken};
use super::types::Secret;
use crate::api::access_token::{AccessToken, EventView, TOKEN_CHARS_MIN, TokenHash};
use crate::api::api_settings::ApiSettings;
use crate::api::screen_pop::ScreenPopUrl;
use crate::hooks::address_filter::check_literal;
use crate::hooks::body_template::BodyTemplate;
use crate::hooks::hook_settings::{EventPattern, HookSettings};
use hotlined_config::source_position::shortened;
use hotlined_notify::webhook::{AllowedNetworks, WebhookSecret};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use url::Url;

/// How long a request to a hook may take, in seconds.
const TIMEOUT_S: RangeInclusive<u64> = 1..=60;
/// The most hooks.
const HOOKS_MAX: usize = 32;
/// The most tokens.
const TOKENS_MAX: usize = 1_000;
const NAME: &str = "a name of small letters, digits, _ and -";

impl Checker<'_> {
    /// The web hooks.
    pub(super) fn hooks(&mut self, raw: BTreeMap<String, RawHook>) -> Vec<HookSettings> {
        if raw.len() > HOOKS_MAX {
            let why = format!("there are {} hooks, and {HOOKS_MAX} is the most", raw.len());
            self.fault("hooks", SettingsFaultKind::Other(why));
        }
        raw.into_iter().filter_map(|(name, raw)| self.hook(name, raw)).collect()
    }

    fn hook(&mut self, name: String, raw: RawHook) -> Option<HookSettings> {
        let key = |word: &str| format!("hooks.{name}.{word}");
        self.form(&format!("hooks.{name}"), &name, NAME, is_name);
        let allow = self.networks(&key("allow"), &raw.allow);
        let url = self.hook_url(&key("url"), &raw.url, allow.as_ref());
        let secret = self.password([key("secret"), key("secret_file")], &raw.secret, &raw.secret_file);
        if secret.is_none() && raw.secret.is_none() && raw.secret_file.is_none() {
            let name = name.to_uppercase();
            let why = format!("is missing: set secret_file, or the variable HOTLINED_HOOKS__{name}__SECRET");
            self.fault(&key("secret"), SettingsFaultKind::Missing(why));
        }
        let old = [key("secret_old"), key("secret_old_file")];
        let old = self.password(old, &raw.secret_old, &raw.secret_old_file);
        let secrets = [(secret, "secret"), (old, "secret_old")];
        let secrets: Vec<WebhookSecret> = secrets
            .into_iter()
            .filter_map(|(secret, word)| self.webhook_secret(&key(word), secret?))
            .collect();
        let events = self.events(&key("events"), &raw.events);
        let hotlines = self.words(&key("hotlines"), raw.hotlines);
        let timeout = self.seconds(&key("timeout_s"), raw.timeout_s, TIMEOUT_S);
        let wants = |kind: &str| events.is_empty() || events.iter().any(|pattern| pattern.matches(kind));
        let body = raw.body.and_then(|text| match BodyTemplate::new(&text, wants) {
            Ok(template) => Some(template),
            Err(error) => {
                self.fault(&key("body"), SettingsFaultKind::Other(error.to_string()));
                None
            }
        });
        Some(HookSettings {
            url: url?,
            secrets,
            events,
            hotlines,
            allow: allow?,
            timeout: timeout.into(),
            body,
            name: name.into(),
        })
    }

    fn hook_url(&mut self, key: &str, text: &str, allow: Option<&AllowedNetworks>) -> Option<Url> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url.filter(|url| url.username().is_empty() && url.password().is_none()) else {
            // The text is not shown: it may hold a password.
            let why = "is no URL such as https://crm.example.com/hotlined, without a user";
            self.fault(key, SettingsFaultKind::Missing(why.to_owned()));
            return None;
        };
        if let Some(allow) = allow
            && let Err(error) = check_literal(&url, allow)
        {
            self.fault(key, SettingsFaultKind::Other(error.to_string()));
        }
        Some(url)
    }

    fn webhook_secret(&mut self, key: &str, secret: Secret) -> Option<WebhookSecret> {
        match secret.reveal().parse::<WebhookSecret>() {
            Ok(secret) => Some(secret),
            Err(error) => {
                // The error says nothing of the secret.
                self.fault(key, SettingsFaultKind::Other(error.to_string()));
                None
            }
        }
    }

    fn networks(&mut self, key: &str, list: &RawList) -> Option<AllowedNetworks> {
        match AllowedNetworks::parse(list.0.iter().map(String::as_str)) {
            Ok(networks) => Some(networks),
            Err(error) => {
                self.fault(key, SettingsFaultKind::Other(error.to_string()));
                None
            }
        }
    }

    fn events(&mut self, key: &str, list: &RawList) -> Vec<EventPattern> {
        self.refuse_empty(key, list);
        let mut patterns = Vec::new();
        for text in &list.0 {
            match text.parse() {
                Ok(pattern) => patterns.push(pattern),
                Err(_) => {
                    let expected = "an event such as call.ended, or a group such as call.*";
                    self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected });
                }
            }
        }
        patterns
    }

    /// The words of a list; `None` if the list is not set.
    fn words(&mut self, key: &str, list: RawList) -> Option<BTreeSet<Arc<str>>> {
        self.refuse_empty(key, &list);
        (!list.0.is_empty()).then(|| list.0.into_iter().map(Arc::from).collect())
    }

    /// A list that is empty looks like nothing and would mean all.
    fn refuse_empty(&mut self, key: &str, list: &RawList) {
        if self.is_set(key) && list.0.iter().all(String::is_empty) {
            let why = "is empty: leave it out for all of them";
            self.fault(key, SettingsFaultKind::Missing(why.to_owned()));
        }
    }

    /// The API address, if there is one.
    pub(super) fn api(&mut self, raw: RawApi, pop: RawScreenPop) -> Option<ApiSettings> {
        let screen_pop = pop.url.and_then(|text| match text.parse::<ScreenPopUrl>() {
            Ok(url) => Some(url),
            Err(error) => {
                self.fault("screen_pop.url", SettingsFaultKind::Missing(error.to_string()));
                None
            }
        });
        if raw.tokens.len() > TOKENS_MAX {
            let why = format!("there are {} tokens, and {TOKENS_MAX} is the most", raw.tokens.len());
            self.fault("api.tokens", SettingsFaultKind::Other(why));
        }
        let tokens: Vec<AccessToken> =
            raw.tokens.into_iter().filter_map(|(name, raw)| self.token(&name, raw)).collect();
        for (index, token) in tokens.iter().enumerate() {
            if let Some(same) = tokens.iter().take(index).find(|other| other.hash == token.hash) {
                let why = format!("is the token of {}, too", same.name);
                self.fault(&format!("api.tokens.{}.token", token.name), SettingsFaultKind::Missing(why));
            }
        }
        let address = self.address("api.address", &raw.address?)?;
        Some(ApiSettings { address, tokens, screen_pop })
    }

    fn token(&mut self, name: &str, raw: RawToken) -> Option<AccessToken> {
        let key = |word: &str| format!("api.tokens.{name}.{word}");
        self.form(&format!("api.tokens.{name}"), name, NAME, is_name);
        let token = self.password([key("token"), key("token_file")], &raw.token, &raw.token_file);
        let agents = self.words(&key("agents"), raw.agents);
        let hotlines = self.words(&key("hotlines"), raw.hotlines);
        if raw.token.is_none() && raw.token_file.is_none() {
            let why = "is missing: set token_file".to_owned();
            self.fault(&key("token"), SettingsFaultKind::Missing(why));
        }
        let token = token?;
        let text = token.reveal();
        if text.len() < TOKEN_CHARS_MIN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let why = format!("must have {TOKEN_CHARS_MIN} characters or more, of letters, digits and signs");
            self.fault(&key("token"), SettingsFaultKind::Missing(why));
            return None;
        }
        let view = EventView { agents, hotlines };
        let hash = TokenHash::of(text);
        let file = raw.token_file.map(|file| self.path(&key("token_file"), &file));
        Some(AccessToken { name: name.into(), hash, view, notices: raw.notices, file })
    }
}

/// A name that is one in a variable, too, where it stands between `__`.
fn is_name(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    text.bytes().all(good) && !text.contains("__") && !text.ends_with('_') && !text.starts_with('_')
}
