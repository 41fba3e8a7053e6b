//! A connection that waits only so long: for the end of a header, and for its answer to be taken.
//!
//! It owns the two deadlines that hyper has no setting for; it does not know HTTP, and is told when a
//! request begins and ends. hyper reads and writes through it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{HEADER_DEADLINE, WRITE_DEADLINE};

/// Whether a request is being answered, or the next header is awaited.
#[derive(Default)]
pub(super) struct Patience {
    in_request: AtomicBool,
}

impl Patience {
    pub(super) fn request_begins(&self) {
        self.in_request.store(true, Ordering::Release);
    }

    pub(super) fn request_ends(&self) {
        self.in_request.store(false, Ordering::Release);
    }
}

pub(super) struct Patient {
    stream: TcpStream,
    patience: Arc<Patience>,
    /// Runs from the first byte of a header.
    header: Option<Pin<Box<Sleep>>>,
    /// Runs while the other side takes nothing.
    write: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, patience: Arc<Patience>) -> Patient {
        // Answers are small and written whole; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        Patient {
            stream,
            patience,
            header: None,
            write: None,
        }
    }

    /// Passes a write on, and gives up when none has got through for too long.
    fn write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let done = write(Pin::new(&mut self.stream), cx);
        if done.is_ready() {
            self.write = None;
            return done;
        }
        let deadline = || Box::pin(sleep_until(Instant::now() + WRITE_DEADLINE));
        late(self.write.get_or_insert_with(deadline), cx).map(Err)
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let in_request = this.patience.in_request.load(Ordering::Acquire);
        if in_request {
            this.header = None;
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if in_request {
            return read;
        }
        if buf.filled().len() > before && this.header.is_none() {
            this.header = Some(Box::pin(sleep_until(Instant::now() + HEADER_DEADLINE)));
        }
        match (&mut this.header, read.is_pending()) {
            (Some(header), true) => late(header, cx).map(Err),
            _ => read,
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut()
            .write_with(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut()
            .write_with(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

fn late(deadline: &mut Pin<Box<Sleep>>, cx: &mut Context<'_>) -> Poll<io::Error> {
    deadline
        .as_mut()
        .poll(cx)
        .map(|()| io::ErrorKind::TimedOut.into())
}
