//! Claiming by file descriptors; pipes and sockets without a thread hop.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::fcntl_dupfd_cloexec;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe;

/// The first descriptor that is not one of the standard three.
const PRIVATE: i32 = 3;

/// The real input and output.
#[derive(Debug)]
pub(crate) struct Claimed {
    input: OwnedFd,
    output: OwnedFd,
}

impl Claimed {
    pub(super) fn new() -> io::Result<Self> {
        let input = fcntl_dupfd_cloexec(rustix::stdio::stdin(), PRIVATE)?;
        let output = fcntl_dupfd_cloexec(rustix::stdio::stdout(), PRIVATE)?;
        let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        rustix::stdio::dup2_stdin(&null)?;
        // Whoever closed standard error wants no stray output at all.
        let stray = fcntl_dupfd_cloexec(rustix::stdio::stderr(), PRIVATE).unwrap_or(null);
        rustix::stdio::dup2_stdout(&stray)?;
        Ok(Self { input, output })
    }

    /// Whether a person is typing.
    pub(super) fn is_terminal(&self) -> bool {
        rustix::termios::isatty(&self.input)
    }

    /// Says something to a person.
    pub(crate) fn write_all(self, bytes: &[u8]) -> io::Result<()> {
        File::from(self.output).write_all(bytes)
    }

    /// Both ends, ready for the runtime that this is called in.
    pub(crate) fn open(self) -> io::Result<(Reader, Writer)> {
        // Both before either is changed: they may be one description, such as a socket that is input and output.
        let flags = (rustix::fs::fcntl_getfl(&self.input)?, rustix::fs::fcntl_getfl(&self.output)?);
        Ok((Reader::new(self.input, flags.0)?, Writer::new(self.output, flags.1)?))
    }
}

/// Input: a pipe or socket that is polled, or else a file that threads read.
#[derive(Debug)]
pub(crate) enum Reader {
    Pipe { pipe: pipe::Receiver, _flags: Blocking },
    File(tokio::fs::File),
}

/// Output: a pipe or socket that is polled, or else a file that threads write.
#[derive(Debug)]
pub(crate) enum Writer {
    Pipe { pipe: pipe::Sender, _flags: Blocking },
    File(tokio::fs::File),
}

impl Reader {
    fn new(fd: OwnedFd, flags: OFlags) -> io::Result<Self> {
        if !can_be_polled(fd.as_fd()) {
            return Ok(Self::File(File::from(fd).into()));
        }
        let _flags = Blocking::leave(&fd, flags)?;
        Ok(Self::Pipe { pipe: pipe::Receiver::from_owned_fd_unchecked(fd)?, _flags })
    }
}

impl Writer {
    fn new(fd: OwnedFd, flags: OFlags) -> io::Result<Self> {
        if !can_be_polled(fd.as_fd()) {
            return Ok(Self::File(File::from(fd).into()));
        }
        let _flags = Blocking::leave(&fd, flags)?;
        Ok(Self::Pipe { pipe: pipe::Sender::from_owned_fd_unchecked(fd)?, _flags })
    }
}

/// Some clients give sockets instead of pipes. Terminals and files are left as they are: they cannot be polled,
/// or are shared with the shell.
fn can_be_polled(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd)
        .is_ok_and(|stat| matches!(FileType::from_raw_mode(stat.st_mode), FileType::Fifo | FileType::Socket))
}

/// Puts a descriptor's flags back at the end: others may share its description.
#[derive(Debug)]
pub(crate) struct Blocking {
    fd: OwnedFd,
    flags: OFlags,
}

impl Blocking {
    /// `flags` are those to put back.
    fn leave(fd: &OwnedFd, flags: OFlags) -> io::Result<Self> {
        rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
        Ok(Self { fd: fcntl_dupfd_cloexec(fd, PRIVATE)?, flags })
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // Nobody is left to tell when even this fails.
        let _ = rustix::fs::fcntl_setfl(&self.fd, self.flags);
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe { pipe, .. } => Pin::new(pipe).poll_read(cx, buffer),
            Self::File(file) => Pin::new(file).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Writer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Pipe { pipe, .. } => Pin::new(pipe).poll_write(cx, bytes),
            Self::File(file) => Pin::new(file).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe { pipe, .. } => Pin::new(pipe).poll_flush(cx),
            Self::File(file) => Pin::new(file).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe { pipe, .. } => Pin::new(pipe).poll_shutdown(cx),
            Self::File(file) => Pin::new(file).poll_shutdown(cx),
        }
    }
}
