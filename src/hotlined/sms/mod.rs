//! SMS: the gateways of the operator's file, the requests to them, and the pages for receipts and notices.
//!
//! Which message goes out when is decided by [`hotlined_instance::messages`]; how each gateway wants it is in
//! [`hotlined_notify::sms`]. Here are the file, the sockets and the pages.

mod gateway_fault;
pub mod gateways_file;
pub(crate) mod http_client;
pub mod notice_pages;
pub mod parts;
mod raw_gateway;
mod raw_generic;
mod raw_template;
pub(crate) mod receipt_page;
mod secret_source;
pub(crate) mod sender;
