//! Hotline files: TOML to a [`Hotline`](hotlined_core::hotline::Hotline), with every fault of a file at once.
//!
//! [`load()`] refuses a file that would make an invalid hotline. [`inspect()`] also warns, [`expand()`] prints a short
//! form as the flow it stands for, [`schema()`] is the JSON Schema of the format.

mod access_keys;
mod agents;
mod exits;
mod expand;
mod fault;
mod hotline_file;
mod hours_keys;
mod input_keys;
mod json_schema;
mod limits;
mod lint;
mod lists;
mod load;
mod load_cache;
mod node_keys;
mod schema;
mod schema_types;
mod section_reader;
pub mod shorthand;
mod sound_folder;
mod sound_keys;
pub mod source_position;
mod toml_reader;

pub use fault::{Fault, Why};
pub use json_schema::schema;
pub use load::{Inspected, expand, inspect, load};
pub use sound_folder::{BadSound, Sounds};
