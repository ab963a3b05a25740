//! How much the embedded store can be asked for altogether.

use super::world::{World, claim, claimed};
use hotlined_core::command::Pick;
use hotlined_core::event::AcdReply::Refused;

#[test]
fn there_is_an_end_to_how_many_calls_can_ask() {
    const CALLS: u32 = 200_000;
    let mut world = World::default();
    let wish = claim("service", "a", Pick::First);
    for nth in 0..CALLS {
        world.claim(&format!("call-{nth}"), 2, &wish);
    }
    let free = claim("other", "free", Pick::First);
    assert_eq!(world.claim("stranger", 1, &free), Refused, "of so many calls");
    world.forget("call-7");
    assert_eq!(world.claim("stranger", 1, &free), claimed("free"));
}
