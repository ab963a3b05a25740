//! The HTTP server: the metrics and the health of the daemon, for monitoring.
//!
//! - [`listener`]: the port, and the limits on requests.
//! - [`admin`]: the pages `/metrics`, `/healthz`, `/readyz`.
//!
//! Absent: access control. The address must be one that only the machine itself or the monitoring can reach. So the
//! daemon listens at no address unless the settings name one.

pub mod admin;
pub mod listener;
