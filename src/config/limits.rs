//! The limits of hotline files.

/// The largest hotline file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most hotline files a folder may have.
pub const FILES_MAX: usize = 10_000;
/// The most faults reported for one file.
pub const FILE_FAULTS_MAX: usize = 100;
