//! What tests of several binaries share: what a test needs of the machine, waiting, a wire that can be cut, a Redis.

#![allow(dead_code, unused_imports, unused_macros)] // No binary uses all of it.

pub mod needs;
pub mod proxy;
pub mod redis_server;
pub mod wait;

pub(crate) use needs::needs;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;

/// The number that a variable holds; none where it is not set.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// So many cases of a property. What failed is kept beside what was built, not in the source tree.
pub fn cases(cases: u32) -> ProptestConfig {
    const KEPT: &str =
        concat!(env!("CARGO_TARGET_TMPDIR"), "/", env!("CARGO_CRATE_NAME"), ".proptest-regressions");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(KEPT)) as _);
    ProptestConfig { failure_persistence, ..ProptestConfig::with_cases(cases) }
}
