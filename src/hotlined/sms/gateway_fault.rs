//! Why a gateway of `gateways.toml` cannot be used.

use super::secret_source::SecretError;

/// Why a gateway of the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatewayFault {
    #[error("{0}")]
    Form(String),
    #[error("{key}: {error}")]
    Secret { key: String, error: SecretError },
    #[error("{0}")]
    Settings(String),
}
