//! No bytes make a json event panic, and every header that is listed is found by its name.
#![no_main]

use bytes::Bytes;
use hotlined_esl::event::EslEvent;
use hotlined_esl::frame::WireLimits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(event) = EslEvent::from_json(Bytes::copy_from_slice(input), &WireLimits::default()) else {
        return;
    };
    for (name, value) in event.headers() {
        if let Ok(name) = std::str::from_utf8(&name) {
            assert!(event.get_all(name).any(|found| found == value));
            let _ = (event.array(name), event.non_empty(name), event.variable(name));
        }
    }
    let _ = (event.body(), format!("{event:?}"));
});
