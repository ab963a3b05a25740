//! Why a file of lines cannot be opened or written.

use std::io;
use std::path::PathBuf;

/// Why a file of lines cannot be opened or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct JsonlError {
    pub(super) path: PathBuf,
    pub(super) error: io::Error,
}
