//! The wire as codecs for tokio's framed sockets: `Framed::new(socket, Decoder::default())` reads messages and
//! writes requests; the simulated exchange has the same the other way round.

use super::frame::FrameError;
use super::message::{Decoder, Message};
use super::request::Request;
use super::server::{ReceivedRequest, RequestDecoder, RequestError};
use bytes::{Bytes, BytesMut};
use tokio_util::codec;

/// Why a socket's stream of messages ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// What came is no event-socket stream, or not any more.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What came from a client is no request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] std::io::Error),
}

impl codec::Decoder for Decoder {
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

impl codec::Encoder<&Request> for Decoder {
    type Error = StreamError;

    fn encode(&mut self, request: &Request, target: &mut BytesMut) -> Result<(), StreamError> {
        request.encode(target);
        Ok(())
    }
}

/// A client that closes within a request has changed its mind: that is no fault.
impl codec::Decoder for RequestDecoder {
    type Item = ReceivedRequest;
    type Error = StreamError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<ReceivedRequest>, StreamError> {
        Ok(Self::decode(self, buffer)?)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<ReceivedRequest>, StreamError> {
        let request = Self::decode(self, buffer)?;
        if request.is_none() {
            buffer.clear();
        }
        Ok(request)
    }
}

/// Writes what [`server`](super::server) and [`event_writer`](super::event_writer) made.
impl codec::Encoder<Bytes> for RequestDecoder {
    type Error = StreamError;

    fn encode(&mut self, message: Bytes, target: &mut BytesMut) -> Result<(), StreamError> {
        target.extend_from_slice(&message);
        Ok(())
    }
}
