//! The store in a Redis that is started for the tests of this process. Each store has keys of its own.

use crate::support::needs::{Program, REDIS};
use crate::support::redis_server::Server;
use hotlined::redis::Inbox;
use hotlined::redis::RedisClient;
use hotlined::redis::RedisConnector;
use hotlined::redis::RedisSettings;
use hotlined_core::command::AcdRequest;
use hotlined_core::event::Event;
use hotlined_core::id::{CallId, CommandId};
use hotlined_core::time::Instant;
use hotlined_instance::cluster::redis_op::{FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::{OpReply, OpResult, Usage};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// What a test of this store needs of the machine.
pub const NEEDS: &[Program] = &[REDIS];

/// How many random stories are told: each word of them goes to a server and back.
pub const CASES: u32 = 60;
/// How often a story that fails is made shorter.
pub const SHRINKS: u32 = 300;

/// An answer that takes longer than this fails the test.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start(&[]));
static STORES: AtomicUsize = AtomicUsize::new(0);

/// What the embedded store can do, asked of Redis.
pub struct Backing {
    runtime: Runtime,
    store: RedisClient,
    inbox: Inbox,
    deadline: Option<Instant>,
    figures: Usage,
    left_behind: u64,
}

/// Settings of these daemons, which share what no other test sees.
pub fn settings_of_its_own<const N: usize>(daemons: [&str; N]) -> [RedisSettings; N] {
    let number = STORES.fetch_add(1, Ordering::Relaxed);
    let prefix: std::sync::Arc<str> = format!("test-{number}").into();
    daemons.map(|daemon| RedisSettings { prefix: prefix.clone(), ..SERVER.settings(daemon) })
}

impl Default for Backing {
    fn default() -> Self {
        let number = STORES.fetch_add(1, Ordering::Relaxed);
        Self::under(RedisSettings { prefix: format!("test-{number}").into(), ..SERVER.settings("daemon") })
    }
}

impl Backing {
    pub fn under(settings: RedisSettings) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (store, inbox) = runtime.block_on(async {
            let link = RedisConnector::new(&settings).unwrap().connect(ANSWER_TIME_MAX).await.unwrap();
            let mut store = RedisClient::new(link, &settings);
            let key = store.keys().inbox(store.daemon());
            let inbox = Inbox::open(store.link(), key).await.unwrap();
            (store, inbox)
        });
        let (deadline, figures, left_behind) = (None, Usage::default(), 0);
        Self { runtime, store, inbox, deadline, figures, left_behind }
    }

    pub fn ask(&mut self, now: Instant, id: &CommandId, request: &AcdRequest, out: &mut Vec<Event>) {
        self.say(now, RedisOp::Request { id: id.clone(), request: request.clone() }, out);
    }

    pub fn due(&mut self, now: Instant, out: &mut Vec<Event>) {
        self.say(now, RedisOp::RunDue, out);
    }

    pub fn forget(&mut self, now: Instant, call: &CallId, out: &mut Vec<Event>) {
        self.say(now, RedisOp::Forget(call.clone()), out);
    }

    /// What others get by it stands before the answer, as the embedded store has it.
    fn say(&mut self, at: Instant, ask: RedisOp, out: &mut Vec<Event>) {
        let asked = [ask, RedisOp::CountUsage].map(|ask| FencedOp { at, op: ask, fence: None });
        let (said, later) = self.runtime.block_on(async {
            let said = self.store.ask(&asked).await;
            (said, self.inbox.read(self.store.link()).await.unwrap())
        });
        let mut said = said.into_iter().map(|answered| answered.unwrap());
        let (first, look): (OpReply, OpReply) = (said.next().unwrap(), said.next().unwrap());
        out.extend(later);
        if let OpResult::AcdReply(event) = first.result {
            out.push(event);
        }
        let OpResult::Usage(figures) = look.result else { panic!("{look:?}") };
        self.figures = figures;
        self.deadline = look.next_due;
        self.left_behind += first.left_behind;
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub fn lines_in_use(&self) -> usize {
        self.figures.lines_held as usize
    }

    pub fn waiting(&self) -> usize {
        self.figures.claims_waiting as usize
    }

    pub fn left_behind(&self) -> u64 {
        self.left_behind
    }
}
