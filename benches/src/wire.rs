//! Times the event socket's wire on captured events beside other crates, and counts allocations.
//!
//! Each contender gets the same events and is asked for the same fifteen headers, in turns, so that a busy
//! machine is busy for all. The table says what each does and does not do for its time.

use bytes::Bytes;
use eslrs::event::{EventFormat, PlainEvent};
use freeswitch_esl_tokio::parse_channel_dump;
use hotlined_esl::event::{EslEvent, Format};
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::frame::WireLimits;
use hotlined_esl::message::{Message, MessageDecoder};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Counts what is asked of the allocator.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The headers the core reads.
const NAMES: [&str; 15] = [
    "Event-Name",
    "Unique-ID",
    "Call-Direction",
    "Caller-Destination-Number",
    "Caller-Caller-ID-Number",
    "Answer-State",
    "Hangup-Cause",
    "Application",
    "Application-UUID",
    "Application-Response",
    "Job-UUID",
    "Other-Leg-Unique-ID",
    "Bridge-A-Unique-ID",
    "DTMF-Digit",
    "variable_hotlined_call",
];

/// How many bytes a socket hands over at a time.
const READ_BYTES: usize = 64 * 1024;
const ROUNDS: usize = 201;

struct Group {
    title: String,
    payloads: Vec<Bytes>,
    json_payloads: Vec<Bytes>,
    stream: Vec<u8>,
    json: Vec<u8>,
}

impl Group {
    fn new(title: &str, payloads: &[Bytes]) -> Self {
        // Enough for a stable time, few enough to stay in the cache of a core for all contenders.
        let count = (400_000 / payloads.iter().map(Bytes::len).sum::<usize>()).max(1);
        let payloads: Vec<Bytes> = (0..count).flat_map(|_| payloads.to_vec()).collect();
        let events: Vec<EslEvent> = payloads.iter().map(event).collect();
        let json_payloads: Vec<Bytes> =
            events.iter().map(|event| writer(event).json_object().into()).collect();
        let (stream, json) = (framed(&payloads, "plain"), framed(&json_payloads, "json"));
        let bytes = payloads.iter().map(Bytes::len).sum::<usize>() / payloads.len();
        let headers = events.iter().map(EslEvent::len).sum::<usize>() / events.len();
        let title = format!("{title}: {bytes} bytes and {headers} headers an event");
        Self { title, payloads, json_payloads, stream, json }
    }
}

fn event(payload: &Bytes) -> EslEvent {
    EslEvent::from_plain(payload.clone(), &WireLimits::default()).expect("a captured event")
}

fn writer(event: &EslEvent) -> EventWriter {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut writer = EventWriter::new(&text(&event.name()));
    for (name, value) in event.headers().skip(1) {
        writer = writer.header(&text(&name), value);
    }
    writer
}

fn framed(payloads: &[Bytes], format: &str) -> Vec<u8> {
    let mut stream = Vec::new();
    for payload in payloads {
        let head = format!("Content-Length: {}\nContent-Type: text/event-{format}\n\n", payload.len());
        stream.extend_from_slice(head.as_bytes());
        stream.extend_from_slice(payload);
    }
    stream
}

fn captured() -> Vec<Bytes> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures/lab");
    let mut payloads = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the captures") {
        let text = std::fs::read_to_string(entry.expect("a capture").path()).expect("a capture");
        let mut decoder = MessageDecoder::default();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a captured line");
            if line["dir"] == "rx" {
                decoder.push(line["data"].as_str().expect("captured data").as_bytes());
            }
        }
        while let Some(message) = decoder.next().expect("a captured stream") {
            if let Message::Event(event) = message
                && event.format() == Format::Plain
                && event.body().is_empty()
            {
                payloads.push(event.as_bytes().clone());
            }
        }
    }
    payloads.sort_by_key(Bytes::len);
    payloads
}

/// The size seen in the field, 17.4 kB of 222 headers: the first 222 headers of the largest captured event, the
/// values of its variables repeated.
fn field_size(largest: &Bytes) -> Bytes {
    const HEADERS: usize = 222;
    let headers = event(largest);
    let missing =
        17_400_usize.saturating_sub(headers.iter().take(HEADERS).map(|(n, v)| n.len() + v.len() + 3).sum());
    let variables = headers.iter().take(HEADERS).filter(|(name, _)| name.starts_with(b"variable_")).count();
    let mut text = Vec::new();
    for (name, value) in headers.iter().take(HEADERS) {
        text.extend_from_slice(&[name, b": ", value].concat());
        if name.starts_with(b"variable_") {
            text.extend(value.iter().cycle().take(missing / variables + 1));
        }
        text.push(b'\n');
    }
    text.push(b'\n');
    text.into()
}

fn ours(stream: &[u8], events: usize) -> usize {
    let mut decoder = MessageDecoder::default();
    let (mut seen, mut found) = (0, 0);
    for read in stream.chunks(READ_BYTES) {
        decoder.push(read);
        while let Some(message) = decoder.next().expect("a captured stream") {
            let Message::Event(event) = message else { continue };
            seen += 1;
            for name in NAMES {
                found += usize::from(black_box(event.get(name)).is_some());
            }
        }
    }
    assert_eq!(seen, events);
    found
}

/// A socket that has everything ready.
struct Ready<'a>(&'a [u8]);

impl AsyncRead for Ready<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context,
        buffer: &mut ReadBuf,
    ) -> Poll<std::io::Result<()>> {
        let (now, later) = self.0.split_at(self.0.len().min(buffer.remaining()).min(READ_BYTES));
        buffer.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ready<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn eslrs_whole(runtime: &tokio::runtime::Runtime, stream: &[u8], events: usize) -> usize {
    runtime.block_on(async {
        let mut connection = eslrs::ESLConnection::new(Ready(stream));
        let mut found = 0;
        for _ in 0..events {
            let event = connection.recv().await.expect("a captured event");
            let event = PlainEvent::try_from(event).expect("a captured event");
            found += eslrs_lookups(&event);
        }
        found
    })
}

fn eslrs_lookups(event: &PlainEvent) -> usize {
    NAMES.iter().filter(|name| black_box(event.get_header(name)).is_some()).count()
}

fn eslrs_event(payload: &Bytes) -> usize {
    eslrs_lookups(&PlainEvent::try_from_raw(payload).expect("a captured event"))
}

fn freeswitch_event(payload: &Bytes) -> usize {
    let text = std::str::from_utf8(payload).expect("plain events are ASCII");
    let event = parse_channel_dump(text).expect("a captured event");
    NAMES.iter().filter(|name| black_box(event.header_str(name)).is_some()).count()
}

fn serde_event(payload: &Bytes) -> usize {
    let event: serde_json::Value = serde_json::from_slice(payload).expect("an event");
    NAMES.iter().filter(|name| black_box(event.get(name)).is_some()).count()
}

fn main() {
    let captured = captured();
    // For a profiler: only our side, on the small events, or on the large ones.
    if let Some(which) = std::env::args().nth(1) {
        let large = which != "small";
        let chosen = |length: usize| if large { length > 9_000 } else { (500..900).contains(&length) };
        let payloads: Vec<_> = captured.iter().filter(|payload| chosen(payload.len())).cloned().collect();
        let group = Group::new("profile", &payloads);
        let start = Instant::now();
        for _ in 0..5_000 {
            let stream = if which == "json" { &group.json } else { &group.stream };
            black_box(ours(stream, group.payloads.len()));
        }
        println!(
            "{:.3} µs/event",
            start.elapsed().as_secs_f64() * 1e6 / 5_000.0 / group.payloads.len() as f64
        );
        return;
    }
    let of = |range: std::ops::Range<usize>| -> Vec<Bytes> {
        captured.iter().filter(|payload| range.contains(&payload.len())).cloned().collect()
    };
    let largest = captured.last().expect("captured events").clone();
    println!(
        "{} captured plain events of {} to {} bytes; none has the field's 17 kB, so the first group's event\n\
         is made: the first 222 headers of the largest captured one, the values of its variables repeated.\n",
        captured.len(),
        captured[0].len(),
        largest.len()
    );
    for group in [
        Group::new("Large, made", &[field_size(&largest)]),
        Group::new("Large, captured", &of(9_000..usize::MAX)),
        Group::new("Small, captured", &of(500..900)),
        Group::new("All, captured", &captured),
    ] {
        run(&group);
    }
    println!(
        "frame: cut out of the stream. index: every header found and checked. decode: values percent- or\n\
         JSON-decoded. All are then asked for the same fifteen headers."
    );
}

type Contender<'a> = (&'static str, &'static str, Box<dyn Fn() -> usize + 'a>);

fn run(group: &Group) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let events = group.payloads.len();
    let each = |read: fn(&Bytes) -> usize, payloads: &[Bytes]| payloads.iter().map(read).sum::<usize>();
    let contenders: [Contender; 6] = [
        ("hotlined, plain", "frame, index, decode what is asked", Box::new(|| ours(&group.stream, events))),
        ("hotlined, JSON", "frame, index, decode what is asked", Box::new(|| ours(&group.json, events))),
        (
            "eslrs 0.1.0-rc.3",
            "frame, index in a hash map; no decode",
            Box::new(|| eslrs_whole(&runtime, &group.stream, events)),
        ),
        (
            "eslrs, event only",
            "index in a hash map; no frame, no decode",
            Box::new(|| each(eslrs_event, &group.payloads)),
        ),
        (
            "freeswitch-esl-tokio 2.8",
            "index, decode all; no frame (its framer is private)",
            Box::new(|| each(freeswitch_event, &group.payloads)),
        ),
        (
            "serde_json::Value",
            "JSON, decode all; no frame, loses duplicates",
            Box::new(|| each(serde_event, &group.json_payloads)),
        ),
    ];
    let found: Vec<usize> = contenders.iter().map(|(_, _, read)| read()).collect();
    assert!(found.iter().all(|&count| count == found[0]), "all find the same headers: {found:?}");

    let mut times = vec![Vec::new(); contenders.len()];
    let started = Instant::now();
    for _ in 0..ROUNDS {
        for (times, (_, _, read)) in times.iter_mut().zip(&contenders) {
            let start = Instant::now();
            black_box(read());
            times.push(start.elapsed());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times) / events as f64).collect();
    println!("{} ({ROUNDS} rounds of {events}, {:.1?} in all)", group.title, started.elapsed());
    println!("  {:<26}{:>10}{:>9}{:>9}  what it does", "", "µs/event", "ratio", "allocs");
    for ((name, what, read), time) in contenders.iter().zip(&medians) {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        black_box(read());
        let allocations = (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64 / events as f64;
        println!("  {name:<26}{time:>10.2}{:>8.1}x{allocations:>9.1}  {what}", time / medians[0]);
    }
    println!();
}

/// In microseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}
