//! Decoders and encoders for tokio's framed sockets, with the cargo feature `codec`.
//!
//! `Framed::new(socket, MessageDecoder::default())` reads messages and writes requests: the client's side.
//! `Framed::new(socket, RequestDecoder::default())` reads requests and writes messages: the side of a simulated switch.

use crate::error::FrameError;
use crate::message::{Message, MessageDecoder};
use crate::request::Request;
use crate::server::{RawRequest, RequestDecoder, RequestError};
use bytes::{Bytes, BytesMut};
use tokio_util::codec;

/// Why a framed socket failed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The bytes from the switch are no event socket stream, or the stream is broken.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The bytes from a client are no request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] std::io::Error),
}

impl codec::Decoder for MessageDecoder {
    type Item = Message;
    type Error = StreamError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, StreamError> {
        Ok(Self::decode(self, buffer)?)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, StreamError> {
        match Self::decode(self, buffer)? {
            Some(message) => Ok(Some(message)),
            None => Ok(self.check_end(buffer).map(|()| None)?),
        }
    }
}

impl codec::Encoder<&Request> for MessageDecoder {
    type Error = StreamError;

    fn encode(&mut self, request: &Request, target: &mut BytesMut) -> Result<(), StreamError> {
        request.encode(target);
        Ok(())
    }
}

/// A client that closes the connection within a request is no error: the incomplete request is dropped.
impl codec::Decoder for RequestDecoder {
    type Item = RawRequest;
    type Error = StreamError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<RawRequest>, StreamError> {
        Ok(Self::decode(self, buffer)?)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<RawRequest>, StreamError> {
        let request = Self::decode(self, buffer)?;
        if request.is_none() {
            buffer.clear();
        }
        Ok(request)
    }
}

/// Writes messages made by [`server`](crate::server) and [`event_writer`](crate::event_writer).
impl codec::Encoder<Bytes> for RequestDecoder {
    type Error = StreamError;

    fn encode(&mut self, message: Bytes, target: &mut BytesMut) -> Result<(), StreamError> {
        target.extend_from_slice(&message);
        Ok(())
    }
}
