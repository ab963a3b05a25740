//! A fake SMS gateway: the gateways' side of the protocols that `hotlined-notify` speaks.
//!
//! It reads a request as it arrived, computes every signature anew from what arrived, keeps what it accepted, and behaves
//! badly at given rates. [`FakeGateway`] is pure: the time is an argument, chance comes from a seed, and the simulator
//! carries its requests. [`FakeGatewayServer`] serves one over real TCP, for tests and the demonstration.
//!
//! ```
//! use hotlined_core::time::{Instant, Millis};
//! use hotlined_notify::http::HttpRequest;
//! use hotlined_sim::gateway::{FakeAccount, FakeBehaviour, FakeGateway, FakeReply, Fault, FaultRates};
//!
//! let behaviour = FakeBehaviour { faults: FaultRates::each_per_mille(50), ..FakeBehaviour::default() };
//! let mut fake = FakeGateway::new(FakeAccount::Yunpian, behaviour, 7);
//! let gateway = fake.account().gateway("http://127.0.0.1:8080/", &["missed"]);
//! // A request of `gateway.request(…)`; this one has no key in it.
//! let request = HttpRequest { method: "POST".into(), url: "/".into(), headers: Vec::new(), body: Vec::new() };
//! let answer = fake.handle(Instant(1_800_000_000_000), &request);
//! match answer.what {
//!     FakeReply::Answer(answer) => println!("{:?}", gateway.read_answer(&answer)),
//!     FakeReply::Drip(_) | FakeReply::Hang | FakeReply::Reset => {}
//! }
//! assert!(fake.accepted().is_empty());
//! ```
//!
//! Absent: TLS, DNS. What these do wrong is tested where they are.

mod account;
mod alibaba;
mod arrived;
mod digests;
mod fake;
mod fault;
mod generic;
mod huawei;
mod mas;
mod protocol;
mod receipt_plan;
mod server;
mod tencent;
#[cfg(test)]
mod tests;
mod yunpian;

pub use account::FakeAccount;
pub use fake::{AcceptedMessage, FakeAnswer, FakeBehaviour, FakeGateway, FakeReply};
pub use fault::{Fault, FaultRates};
pub use protocol::Problem;
pub use receipt_plan::{ReceiptPost, ReceiptRates};
pub use server::{FakeGatewayServer, FakeServerOptions};
