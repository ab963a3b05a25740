//! The tokens of the API: who may ask, and for which agents and hotlines.

use axum::http::header::{self, HeaderMap};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

/// The fewest characters of a token: 32 of base64 are 192 bits.
pub const TOKEN_CHARS_MIN: usize = 32;

/// A token, kept as its SHA-256: all have one length, and a dump of the memory shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether both are one token. The time does not depend on where they differ.
    fn is(&self, other: &Self) -> bool {
        let differences = self.0.iter().zip(&other.0).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
        black_box(differences) == 0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(****)")
    }
}

/// A token and what it may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its name in the settings and the log.
    pub name: Arc<str>,
    /// The token.
    pub hash: TokenHash,
    /// The agents and hotlines whose events it may see.
    pub view: EventView,
    /// Whether it may see and change the messages by SMS.
    pub notices: bool,
    /// The file that it stands in, for commands on this machine.
    pub file: Option<PathBuf>,
}

/// Agents and hotlines whose events are shown; `None`: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventView {
    /// The agents. An event that concerns no agent is then not shown.
    pub agents: Option<BTreeSet<Arc<str>>>,
    /// The hotlines.
    pub hotlines: Option<BTreeSet<Arc<str>>>,
}

impl EventView {
    /// Whether events of this agent and hotline are shown.
    pub fn shows(&self, agent: Option<&str>, hotline: &str) -> bool {
        let agent_fits = |agents: &BTreeSet<Arc<str>>| agent.is_some_and(|agent| agents.contains(agent));
        self.agents.as_ref().is_none_or(agent_fits) && self.shows_hotline(hotline)
    }

    /// Whether this agent may be asked for.
    pub fn shows_agent(&self, agent: &str) -> bool {
        self.agents.as_ref().is_none_or(|agents| agents.contains(agent))
    }

    /// Whether this hotline may be asked for.
    pub fn shows_hotline(&self, hotline: &str) -> bool {
        self.hotlines.as_ref().is_none_or(|hotlines| hotlines.contains(hotline))
    }
}

/// The token that the headers of a request have, if it is one of these.
pub fn of_request<'t>(tokens: &'t [AccessToken], headers: &HeaderMap) -> Option<&'t AccessToken> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.and_then(|text| text.split_once(' ')).unwrap_or_default();
    find(tokens, token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

/// The token with this text. All tokens are compared, whichever fits.
pub fn find<'t>(tokens: &'t [AccessToken], text: &str) -> Option<&'t AccessToken> {
    let asked = TokenHash::of(text);
    tokens.iter().fold(None, |found, token| if token.hash.is(&asked) { Some(token) } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_whole_text_and_never_printed() {
        let token = |name: &str, text: &str| AccessToken {
            name: name.into(),
            hash: TokenHash::of(text),
            view: EventView::default(),
            file: None,
            notices: false,
        };
        let tokens = [token("a", "0123456789abcdef0123456789abcdef"), token("b", "x")];
        assert_eq!(&*find(&tokens, "x").unwrap().name, "b");
        assert_eq!(&*find(&tokens, "0123456789abcdef0123456789abcdef").unwrap().name, "a");
        for wrong in ["", "0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcdef "] {
            assert_eq!(find(&tokens, wrong), None);
        }
        assert!(!format!("{tokens:?}").contains("0123"));
    }

    #[test]
    fn a_view_of_agents_shows_no_event_without_an_agent() {
        let of = |names: &[&str]| Some(names.iter().map(|name| Arc::from(*name)).collect());
        let view = EventView { agents: of(&["01"]), hotlines: of(&["4001", "4002"]) };
        assert!(view.shows(Some("01"), "4001"));
        assert!(
            !view.shows(Some("02"), "4001") && !view.shows(Some("01"), "4003") && !view.shows(None, "4001")
        );
        assert!(EventView::default().shows(None, "4003"));
    }
}
