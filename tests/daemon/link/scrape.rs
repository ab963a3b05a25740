//! Whoever watches a daemon: asks for a page, and takes a page of figures apart as strictly as the format is written.

use super::peer::{PATIENCE, within};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, head and body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Says these bytes and hears until the other side closes. None if it closes without an answer.
pub async fn say(address: &str, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A side that has heard enough may close before we have said all.
    let _ = stream.write_all(bytes).await;
    let mut heard = Vec::new();
    let _ = within("an answer", stream.read_to_end(&mut heard)).await;
    let text = String::from_utf8(heard).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().unwrap();
    Some(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
}

pub async fn get(address: &str, path: &str) -> Answer {
    say(address, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap()
}

/// The figures.
pub async fn figures(address: &str) -> Figures {
    let answer = get(address, "/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    Figures::parse(&answer.body)
}

/// Asks for a page until it is as wanted.
pub async fn until(address: &str, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let mut looking = tokio::time::interval(Duration::from_millis(20));
    let mut last = None;
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            looking.tick().await;
            let answer = get(address, path).await;
            if wanted(&answer) {
                return answer;
            }
            last = Some(answer);
        }
    });
    let found = found.await;
    found.unwrap_or_else(|_| panic!("{path} never was as it should be, but {last:#?}"))
}

/// Every sample of a page, by its name with its labels as they stand there.
#[derive(Debug)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    pub fn get(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("there is no {series} in {self:#?}"))
    }

    /// The sum of all series of a name.
    pub fn sum(&self, name: &str) -> f64 {
        let of = |series: &str| series == name || series.starts_with(&format!("{name}{{"));
        self.0.iter().filter(|(series, _)| of(series)).map(|(_, value)| value).sum()
    }

    /// Fails on anything that is not as the text format 0.0.4 has it.
    pub fn parse(page: &str) -> Self {
        assert!(page.ends_with('\n'), "the last line must end, too");
        let mut samples = BTreeMap::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut lines = page.lines().peekable();
        while let Some(line) = lines.next() {
            let (name, help) =
                line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect(line);
            assert!(is_name(name) && !help.is_empty() && !seen.contains(&name), "{line}");
            seen.push(name);
            let line = lines.next().unwrap();
            let kind = line.strip_prefix(&format!("# TYPE {name} ")).expect(line);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                let sample = Sample::parse(line);
                let suffix = sample.name.strip_prefix(name).expect(line).to_owned();
                let suffixes: &[&str] =
                    if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(suffixes.contains(&&*suffix), "{line}");
                assert!(kind == "gauge" || sample.value >= 0.0, "{line}");
                let series = line.rsplit_once(' ').unwrap().0.to_owned();
                assert!(samples.insert(series, sample.value).is_none(), "twice: {line}");
                own.push((suffix, sample));
            }
            assert!(!own.is_empty(), "{name} has no sample");
            if kind == "histogram" {
                check_histogram(name, &own);
            }
        }
        Self(samples)
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b':');
    first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

#[derive(Debug)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Sample {
    fn parse(line: &str) -> Self {
        let name: String = line.chars().take_while(|c| !['{', ' '].contains(c)).collect();
        assert!(is_name(&name), "{line}");
        let mut rest = &line[name.len()..];
        let mut labels = Vec::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                let (label, after) = rest.split_once("=\"").expect(line);
                assert!(is_name(label) && !label.contains(':'), "{line}");
                let (value, after) = quoted(after);
                labels.push((label.to_owned(), value));
                match after.strip_prefix(',') {
                    Some(after) => rest = after,
                    None => {
                        rest = after.strip_prefix('}').expect(line);
                        break;
                    }
                }
            }
        }
        let value = rest.strip_prefix(' ').expect(line);
        assert!(!value.contains(' '), "{line}");
        Self { name, labels, value: value.parse().expect(line) }
    }
}

/// What stands before the closing quote, and what is left behind it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next().unwrap().1 {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                other => panic!("\\{other} is no escape: {text}"),
            },
            c => value.push(c),
        }
    }
    panic!("no closing quote: {text}")
}

/// Bounds rise, counts never fall, and the last bucket holds everything.
fn check_histogram(name: &str, own: &[(String, Sample)]) {
    let buckets: Vec<_> = own.iter().filter(|(suffix, _)| suffix == "_bucket").collect();
    let bound = |sample: &Sample| -> f64 {
        let [(label, bound)] = &sample.labels[..] else { panic!("{name}: {sample:?}") };
        assert_eq!(label, "le");
        if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() }
    };
    for pair in buckets.windows(2) {
        assert!(bound(&pair[0].1) < bound(&pair[1].1), "{name}: {pair:?}");
        assert!(pair[0].1.value <= pair[1].1.value, "{name}: {pair:?}");
    }
    let last = &buckets.last().unwrap().1;
    let count = own.iter().find(|(suffix, _)| suffix == "_count").unwrap();
    assert!(bound(last).is_infinite() && last.value == count.1.value, "{name}");
    assert_eq!(own.iter().filter(|(suffix, _)| suffix == "_sum").count(), 1, "{name}");
}
