//! Groups of agents: who belongs together and who of them is tried first.

use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A group's place among the groups of its hotline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupIx(pub u16);

/// Agents who take the same calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What the business calls it.
    pub name: Arc<str>,
    /// Their places in the hotline's list of agents, in the order they are listed.
    pub agents: Vec<u16>,
    /// Who is tried first (接听规则).
    pub strategy: Strategy,
    /// For how many days the agent a caller last talked with is tried first (记忆接听); none: not at all.
    pub last_agent_days: Option<u16>,
    /// How long an agent is left alone after a talk (话后整理).
    pub wrap_up: Millis,
    /// How long a waiting queue leaves an agent alone who did not take a call.
    pub retry: Millis,
}

/// Who of a group is tried first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// As they are listed (顺序).
    #[default]
    Sequential,
    /// Shuffled anew for each call (随机).
    Random,
    /// The one after the one who was tried first last time (轮循).
    RoundRobin,
    /// Who talked least often (平均).
    FewestCalls,
    /// Who has not talked for longest (平均).
    LongestIdle,
    /// By their shares (按比例).
    Ratio,
    /// All at once; the first to take it has it (同振).
    Simultaneous,
}
