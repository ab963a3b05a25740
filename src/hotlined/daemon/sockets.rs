//! The sockets of the links to the switches. They connect, read and write; the links decide.
//!
//! A socket is always read, also while bytes wait to be written: a client that does not read stalls FreeSWITCH
//! itself. The permit is checked just before each write.

use super::clock::Clock;
use crate::capture::{CaptureWriter, Direction};
use bytes::{Buf, BytesMut};
use hotlined_core::id::SwitchId;
use hotlined_instance::LinkInput;
use hotlined_instance::switch::freeswitch::link::{LinkOutput, LinkSettings, WritePermit};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_util::io::poll_read_buf;

/// The most bytes that are read from a socket at once.
const READ_BYTES: usize = 256 * 1024;
/// The least free room in the read buffer, in bytes. With less room the buffer grows.
const READ_BYTES_MIN: usize = 64 * 1024;
/// How often a socket that always has more bytes is read before the next socket.
const READS_AT_ONCE_MAX: usize = 4;

/// The sockets of all links.
pub struct Sockets {
    clock: Clock,
    settings: BTreeMap<SwitchId, LinkSettings>,
    capture: Option<CaptureWriter>,
    open: BTreeMap<SwitchId, Socket>,
    /// The read buffer, kept between reads for its allocation.
    buffer: BytesMut,
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

enum Socket {
    Connecting(Connecting),
    Connected(Connected),
}

struct Connected {
    stream: TcpStream,
    unwritten: BytesMut,
    permit: WritePermit,
}

/// An unpredictable number, from the random keys of the standard library's hash maps.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

impl Sockets {
    /// Sockets for these links, none of them open. All bytes are recorded in the capture, if there is one.
    pub fn new(
        clock: Clock,
        links: impl IntoIterator<Item = LinkSettings>,
        capture: Option<CaptureWriter>,
    ) -> Self {
        let settings = links.into_iter().map(|link| (link.switch.clone(), link)).collect();
        Self { clock, settings, capture, open: BTreeMap::new(), buffer: BytesMut::new() }
    }

    /// Carries out an output of a link. The next [`flush`](Self::flush) writes its bytes.
    pub fn carry_out(&mut self, switch: &SwitchId, output: LinkOutput) {
        match output {
            LinkOutput::Connect => self.connect(switch),
            LinkOutput::Write { bytes, permit } => {
                let Some(Socket::Connected(socket)) = self.open.get_mut(switch) else { return };
                if let Some(capture) = self.capture.as_ref().filter(|_| !bytes.is_empty()) {
                    capture.record(Direction::ToSwitch, &bytes);
                }
                socket.permit = permit;
                socket.unwritten.extend_from_slice(&bytes);
            }
            LinkOutput::Close { discard } => self.close(switch, discard),
        }
    }

    fn connect(&mut self, switch: &SwitchId) {
        let Some(link) = self.settings.get(switch) else { return };
        let (host, port) = (link.host.clone(), link.port);
        let connecting = Box::pin(async move {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        self.open.insert(switch.clone(), Socket::Connecting(connecting));
    }

    fn close(&mut self, switch: &SwitchId, discard: bool) {
        let Some(Socket::Connected(socket)) = self.open.remove(switch) else { return };
        if discard && let Err(error) = socket.stream.set_zero_linger() {
            tracing::warn!(%switch, %error, "our last words may arrive late");
        }
    }

    /// Writes as many bytes as the sockets take and the permits allow.
    pub fn flush(&mut self) {
        for socket in self.open.values_mut() {
            if let Socket::Connected(socket) = socket {
                // The next read or write returns the error again.
                let _ = socket.write(&self.clock);
            }
        }
    }

    /// Waits for the next inputs of any socket. The future may be dropped before it is ready.
    pub async fn next(&mut self, inputs: &mut Vec<(SwitchId, LinkInput)>) {
        std::future::poll_fn(|cx| self.poll(cx, inputs)).await;
    }

    fn poll(&mut self, cx: &mut Context, inputs: &mut Vec<(SwitchId, LinkInput)>) -> Poll<()> {
        let Self { clock, capture, open, buffer, settings: _ } = self;
        for (switch, socket) in open.iter_mut() {
            poll_socket(socket, (clock, capture.as_ref(), buffer), cx, |input| {
                inputs.push((switch.clone(), input))
            });
        }
        for (switch, input) in &*inputs {
            if matches!(input, LinkInput::ConnectFailed(_) | LinkInput::Closed(_)) {
                open.remove(switch);
            }
        }
        if inputs.is_empty() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Reads and writes one socket until it would block.
fn poll_socket(
    socket: &mut Socket,
    (clock, capture, buffer): (&Clock, Option<&CaptureWriter>, &mut BytesMut),
    cx: &mut Context,
    mut push_input: impl FnMut(LinkInput),
) {
    if let Socket::Connecting(connecting) = socket {
        match connecting.as_mut().poll(cx) {
            Poll::Pending => return,
            Poll::Ready(Err(error)) => return push_input(LinkInput::ConnectFailed(error)),
            Poll::Ready(Ok(stream)) => {
                if let Some(capture) = capture {
                    capture.record(Direction::Open, b"");
                }
                let unwritten = BytesMut::new();
                *socket = Socket::Connected(Connected { stream, unwritten, permit: WritePermit::Always });
                push_input(LinkInput::Connected(random()));
            }
        }
    }
    let Socket::Connected(socket) = socket else { return };
    for _ in 0..READS_AT_ONCE_MAX {
        if buffer.capacity() < READ_BYTES_MIN {
            buffer.reserve(READ_BYTES);
        }
        match poll_read_buf(Pin::new(&mut socket.stream), cx, buffer) {
            Poll::Pending => break,
            Poll::Ready(Ok(0)) => return push_input(LinkInput::Closed(None)),
            Poll::Ready(Err(error)) => return push_input(LinkInput::Closed(Some(error))),
            Poll::Ready(Ok(_)) => {
                if let Some(capture) = capture {
                    capture.record(Direction::FromSwitch, buffer);
                }
                push_input(LinkInput::Received(buffer.split()));
            }
        }
    }
    if let Poll::Ready(Err(error)) = socket.poll_write(clock, cx) {
        push_input(LinkInput::Closed(Some(error)));
    }
}

impl Connected {
    fn may_write(&self, clock: &Clock) -> bool {
        !self.unwritten.is_empty() && self.permit.allows(clock.now())
    }

    fn write(&mut self, clock: &Clock) -> io::Result<()> {
        while self.may_write(clock) {
            match self.stream.try_write(&self.unwritten) {
                Ok(count) => self.unwritten.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes until the socket would block, and registers the task to be woken then.
    fn poll_write(&mut self, clock: &Clock, cx: &mut Context) -> Poll<io::Result<()>> {
        while self.may_write(clock) {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unwritten))?;
            self.unwritten.advance(count);
        }
        Poll::Pending
    }
}
