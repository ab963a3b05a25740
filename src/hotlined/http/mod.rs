//! The HTTP server, and its pages for monitoring: the metrics and the health of the daemon.
//!
//! - [`listener`]: the port, and the limits on requests.
//! - [`request_body`]: refuses what no page takes.
//! - [`admin`]: the pages `/metrics`, `/healthz`, `/readyz`.
//!
//! Absent here: access control, which the pages of [`api`](crate::api) have. The address must be one that only the machine itself or the monitoring can reach. So the
//! daemon listens at no address unless the settings name one.

pub mod admin;
pub mod listener;
pub mod request_body;
