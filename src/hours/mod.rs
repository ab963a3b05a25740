//! Placeholder until the room is merged.
use serde::{Deserialize, Serialize};
/// A table of hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hours;
/// Which days are work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calendar;
