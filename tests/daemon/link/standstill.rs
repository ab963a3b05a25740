//! A daemon that stood still, as under a debugger or on a machine that was frozen.
use super::house::{House, caller, exchange, signal};
use super::peer::within;
use crate::support::needs;
use crate::support::redis_server::{Server, free_port};
use hotlined_core::record::Outcome;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::stats::TimelineEvent;
use memchr::memmem;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

#[tokio::test]
async fn a_daemon_that_stood_still_does_nothing_about_old_news() {
    let exchange = exchange(Phone::Refuses { after: Millis(500) }).await;
    let house = House::new(exchange.address().port());
    let mut daemon = house.serve().await;
    let mut happenings = exchange.subscribe_timeline();
    let leg = exchange.place_call(caller(HangsUp::Never));
    within("the telephone to ring", async {
        while !matches!(happenings.recv().await.unwrap().event, TimelineEvent::Ringing { .. }) {}
    })
    .await;
    daemon.signal("STOP");
    // First the agent refuses, which would be followed by words to the caller.
    let mut refused = false;
    within("the fallback to take the caller", async {
        loop {
            match happenings.recv().await.unwrap().event {
                TimelineEvent::HungUp { .. } => refused = true,
                TimelineEvent::FallbackStarted { .. } => break,
                _ => {}
            }
        }
    })
    .await;
    assert!(refused);
    daemon.signal("CONT");
    daemon.says("we stood still for").await;
    daemon.says("link up").await;
    assert_eq!(house.records(1).await[0].outcome, Outcome::Fallback);
    exchange.hang_up(&leg);
    within("the caller to be gone", async {
        loop {
            match happenings.recv().await.unwrap().event {
                TimelineEvent::SoundStarted { sound, .. } => assert!(!sound.contains(".wav"), "{sound}"),
                TimelineEvent::HungUp { leg: gone, .. } if gone == leg => break,
                _ => {}
            }
        }
    })
    .await;
    daemon.signal("TERM");
    assert_eq!(daemon.ends().await.code(), Some(0), "{}", daemon.told);
    house.replays_itself().await;
}

/// A wire to a Redis by which a process stands still as soon as it asks for anything that names this, and that tells
/// when the answer lies in its socket.
struct StoppingWire {
    port: u16,
    stops: Arc<Mutex<Option<(u32, String)>>>,
    answered: mpsc::UnboundedReceiver<()>,
}

impl StoppingWire {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let stops = Arc::<Mutex<Option<(u32, String)>>>::default();
        let (answers, answered) = mpsc::unbounded_channel();
        let shared = stops.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (from_far, to_near) = (far.try_clone().unwrap(), near.try_clone().unwrap());
                let (stops, answers) = (shared.clone(), answers.clone());
                let asked = Arc::new(AtomicBool::new(false));
                let is_asked = asked.clone();
                std::thread::spawn(move || {
                    carry(near, far, |bytes, to| {
                        let named =
                            |(_, name): &mut (u32, String)| memmem::find(bytes, name.as_bytes()).is_some();
                        if let Some((process, _)) = stops.lock().unwrap().take_if(named) {
                            signal(process, "STOP");
                            asked.store(true, Ordering::SeqCst);
                        }
                        to.write_all(bytes)
                    });
                });
                std::thread::spawn(move || {
                    carry(from_far, to_near, |bytes, to| {
                        let was_asked = is_asked.swap(false, Ordering::SeqCst);
                        to.write_all(bytes)?;
                        // Nobody waits for it any more once the test is over.
                        let _ = was_asked.then(|| answers.send(()));
                        Ok(())
                    });
                });
            }
        });
        Self { port: own, stops, answered }
    }
}

fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    mut pass: impl FnMut(&[u8], &mut TcpStream) -> std::io::Result<()>,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if pass(&bytes[..count], &mut to).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// Timer and answer are ready together when it wakes up.
#[tokio::test]
async fn a_daemon_that_stood_still_does_not_take_redis_for_away() {
    needs!(REDIS);
    let redis = Server::at(free_port(), &[]);
    let mut wire = StoppingWire::to(redis.port.unwrap());
    let exchange = exchange(Phone::Answers { after: Millis(50), then: AfterAnswer::Waits }).await;
    let house = House::new(exchange.address().port());
    house.shares(wire.port, "one");
    house.set("lease_ms = 1000", "lease_ms = 10000");
    let mut daemon = house.serve().await;
    let stands_still = (daemon.process(), "4008001234/agents".to_owned());
    *wire.stops.lock().unwrap() = Some(stands_still);
    let leg = exchange.place_call(caller(HangsUp::Never));
    within("an answer to who stands still", wire.answered.recv()).await.unwrap();
    // Twice as long as it waits for an answer.
    tokio::time::sleep(COMMAND_TIME_MAX * 2).await;
    daemon.signal("CONT");
    daemon.says("to=\"talk\"").await;
    exchange.hang_up(&leg);
    assert_eq!(house.records(1).await[0].outcome, Outcome::Answered);
    let told = daemon.stop().await;
    assert!(!told.contains("Redis is away"), "{told}");
}
