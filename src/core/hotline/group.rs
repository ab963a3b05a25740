//! Groups of agents, and the order in which their agents are called.

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
    /// For how many days the agent that a caller last talked with is called first (记忆接听). `None` means never.
    pub last_agent_days: Option<u16>,
    /// How long an agent gets no call after a talk (话后整理).
    pub wrap_up: Millis,
    /// How long a queue does not call an agent again who did not take a call.
    pub retry: Millis,
}

/// The order in which the agents of a group are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// In the order of the list (顺序).
    #[default]
    Sequential,
    /// Shuffled anew for each call (随机).
    Random,
    /// First the agent after the one who was called first last time (轮循).
    RoundRobin,
    /// First the agent with the fewest talks (平均).
    FewestCalls,
    /// First the agent whose last talk is longest ago (平均).
    LongestIdle,
    /// By the shares of the agents (按比例).
    Ratio,
    /// All agents at once: the first to answer gets the call (同振).
    Simultaneous,
}
