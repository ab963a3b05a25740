//! The screen pop (来电弹屏): a page of ours that waits for calls of an agent and opens the caller's data.
//!
//! The page is the same for everybody. The token and the agent stand in the part of the URL behind `#`, which a
//! browser never sends. The page shows the texts of a call as text, and its policy allows no script but its own.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use url::Url;

/// The page.
pub const PAGE: &str = include_str!("pop.html");
/// Its script.
pub const SCRIPT: &str = include_str!("pop.js");
/// Its style.
pub const STYLE: &str = include_str!("pop.css");
/// What the page may load: its own files, and the events of this address.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                          base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The placeholders of a screen pop's URL.
pub const PLACEHOLDERS: [&str; 4] = ["caller", "call", "agent", "hotline"];

/// The URL that the screen pop opens, with placeholders.
#[derive(Clone, PartialEq, Eq)]
pub struct ScreenPopUrl(Arc<str>);

/// Why a text is no URL of a screen pop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScreenPopUrlError {
    /// A brace is no part of a placeholder.
    #[error("has a placeholder that is none of {{caller}}, {{call}}, {{agent}} and {{hotline}}")]
    Placeholder,
    /// It is no URL.
    #[error("is no URL such as https://crm.example.com/?phone={{caller}}")]
    NoUrl,
    /// Another scheme could run a script in the page.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// A caller could choose the host.
    #[error("must have no placeholder in its host, user or port")]
    Host,
}

impl ScreenPopUrl {
    /// The URL with its placeholders.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ScreenPopUrl {
    type Err = ScreenPopUrlError;

    fn from_str(text: &str) -> Result<Self, ScreenPopUrlError> {
        let filled = |value: &str| {
            let fill = |text: String, name: &&str| text.replace(&format!("{{{name}}}"), value);
            PLACEHOLDERS.iter().fold(text.to_owned(), fill)
        };
        if filled("").contains(['{', '}']) {
            return Err(ScreenPopUrlError::Placeholder);
        }
        let parsed = |value: &str| Url::parse(&filled(value)).map_err(|_| ScreenPopUrlError::NoUrl);
        // Where two values give two origins, a placeholder is in the origin.
        let (one, other) = (parsed("1")?, parsed("2")?);
        if !matches!(one.scheme(), "http" | "https") {
            return Err(ScreenPopUrlError::Scheme);
        }
        let place = |url: &Url| (url.origin(), url.username().to_owned(), url.password().map(str::to_owned));
        if place(&one) != place(&other) {
            return Err(ScreenPopUrlError::Host);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for ScreenPopUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_web_address_whose_host_is_fixed_can_be_popped_up() {
        let parsed = |text: &str| text.parse::<ScreenPopUrl>().map(|url| url.as_str().to_owned());
        for good in [
            "https://crm.example.com/?phone={caller}&call={call}&agent={agent}&hotline={hotline}",
            "http://10.0.0.5:8080/c/{caller}#{call}",
            "https://crm.example.com/",
        ] {
            assert_eq!(parsed(good), Ok(good.to_owned()));
        }
        for (bad, why) in [
            ("javascript:alert('{caller}')", ScreenPopUrlError::Scheme),
            ("data:text/html,{caller}", ScreenPopUrlError::Scheme),
            ("ftp://crm.example.com/", ScreenPopUrlError::Scheme),
            ("https://{agent}.example.com/", ScreenPopUrlError::Host),
            ("https://a{agent}@example.com/", ScreenPopUrlError::Host),
            ("https://example.com:80{agent}/", ScreenPopUrlError::Host),
            ("/calls/{caller}", ScreenPopUrlError::NoUrl),
            ("https://crm.example.com/{number}", ScreenPopUrlError::Placeholder),
            ("https://crm.example.com/{caller", ScreenPopUrlError::Placeholder),
        ] {
            assert_eq!(parsed(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_writes_texts_as_texts() {
        for file in [PAGE, SCRIPT, STYLE] {
            assert!(!file.contains("http:") && !file.contains("https:") && !file.contains("//"), "{file}");
        }
        for way_in in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
        {
            assert!(!SCRIPT.contains(way_in), "{way_in}");
        }
        // The policy allows neither: they would be dead.
        assert!(!PAGE.contains("style=") && !PAGE.contains("onclick") && !PAGE.contains("<style"));
        assert_eq!(PAGE.matches("<script").count(), 1);
    }
}
