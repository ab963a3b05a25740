//! Hotline files: reads TOML into a [`Hotline`](hotlined_core::hotline::Hotline), with every diagnostic of a file at
//! once.
//!
//! [`load()`] refuses a file that would make an invalid hotline. [`inspect()`] also warns, [`expand()`] prints a short
//! form as the flow it stands for, [`schema()`] is the JSON Schema of the format.

mod access_keys;
mod agent_keys;
mod diagnostic;
mod exits;
mod expand;
mod flow_builder;
mod groups_draft;
mod hotline_file;
mod hours_keys;
mod input_keys;
mod json_schema;
mod limits;
mod lint;
mod list_files;
mod load;
mod load_cache;
mod node_keys;
mod reader;
mod reference_keys;
mod schema;
mod schema_types;
mod section_reader;
pub mod shorthand;
mod sms_keys;
mod sms_lint;
mod sms_problem;
mod sms_schema;
mod sound_folder;
mod sound_keys;
pub mod source_position;
mod telephone_key;
mod toml_reader;

pub use diagnostic::{Diagnostic, Problem};
pub use json_schema::schema;
pub use load::{Inspected, expand, inspect, load};
pub use sms_problem::SmsProblem;
pub use sound_folder::{SoundError, SoundFolder};
