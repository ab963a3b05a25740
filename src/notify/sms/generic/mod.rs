//! A gateway that is described by its settings.

mod answer;
mod charset;
mod filters;
mod gateway;
mod receipts;
mod settings;
mod templates;
#[cfg(test)]
mod tests;

pub use charset::Charset;
pub use gateway::GenericGateway;
pub use settings::{FieldEquals, GenericAnswer, GenericBody, GenericReceipts, GenericSettings};
pub use templates::GenericError;
