//! The decisions of `hotlined`: an [`Event`](event::Event) in, [`Command`](command::Command)s out.
//!
//! The core knows no switch, no clock, no socket, no file and no randomness of its own: time is an argument, and each
//! call brings the seed of its random choices. The same events give the same commands, byte for byte.
//!
//! | module | content |
//! |---|---|
//! | [`engine`] | one turn: the switchboard and the embedded ACD exchange requests and replies |
//! | [`call`] | all live calls, each in one of its stages; a file for each stage |
//! | [`acd`] | what calls share: agents' lines, queues, counts, codes |
//! | [`event`], [`command`], [`record`] | the data that goes in and comes out |
//! | [`hotline`] | what a business has configured: agents, groups, the flow of a call |
//! | [`message`], [`call_event`] | what is told about a call: messages by SMS, events for other systems |
//! | [`hours`], [`number`], [`phrases`] | opening hours, telephone numbers, spoken sentences |
//! | [`cause`], [`id`], [`prompt`], [`stage_name`], [`time`] | the plain values of all the others |

pub mod acd;
pub mod call;
pub mod call_event;
pub mod cause;
pub mod command;
pub mod engine;
pub mod event;
pub mod hotline;
pub mod hours;
pub mod id;
pub mod message;
pub mod number;
pub mod phrases;
pub mod prompt;
pub mod record;
pub mod stage_name;
pub mod time;
