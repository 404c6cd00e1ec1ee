//! The whole program: arguments, runtime, log, signals.

use std::ffi::OsString;
use std::future::Future;
use std::io::{self, Write as _};

use tokio::io::{AsyncRead, AsyncWrite};
use toolwright_core::error::{Error, Result};

use crate::connection;
use crate::log;
use crate::service::Service;
use crate::signals::stopped;
use crate::stdio;

/// What the program was asked to do.
enum Task {
    Serve,
    #[cfg(feature = "http")]
    ServeHttp(crate::http::Http),
    Help,
    Version,
}

impl Service {
    /// The whole program: reads the program's arguments, then serves standard input and output until its client
    /// ends.
    ///
    /// Standard input and output are claimed first, so that nothing else can print into the protocol. Started on a
    /// terminal, it says on standard error what to do next. Warnings are logged there too, unless the program set up
    /// `tracing` itself; the environment variable `TOOLWRIGHT_LOG` names another level, such as `debug`.
    ///
    /// # Errors
    ///
    /// When the arguments are not understood, or standard input and output cannot be served.
    pub fn run(&self) -> Result {
        stdio::claim()?;
        match task(std::env::args_os().skip(1))? {
            Task::Serve => self.run_stdio(),
            #[cfg(feature = "http")]
            Task::ServeHttp(http) => self.run_http(http),
            Task::Help => say(&self.help()),
            Task::Version => {
                let server = self.core().server();
                say(&format!("{} {}\n", server.name, server.version))
            }
        }
    }

    /// Serves standard input and output until the client ends, whatever the program's arguments are.
    ///
    /// # Errors
    ///
    /// When standard input and output cannot be served, or in an async runtime: await
    /// [`serve_stdio`](Self::serve_stdio) there.
    pub fn run_stdio(&self) -> Result {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::msg(
                "already in an async runtime: instead of `run()` use `build()?.serve_stdio().await`",
            ));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(self.limits().blocking_threads)
            .build()?;
        let result = runtime.block_on(self.serve_stdio());
        // A blocking tool that overstayed the drain does not keep the process.
        runtime.shutdown_background();
        result
    }

    /// Serves HTTP until the process is told to stop, whatever the program's arguments are.
    ///
    /// # Errors
    ///
    /// As [`bind_http`](Self::bind_http), or in an async runtime: await that there.
    #[cfg(feature = "http")]
    pub fn run_http(&self, http: crate::http::Http) -> Result {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::msg(
                "already in an async runtime: instead of `run()` use `build()?.bind_http(…).await?.run().await`",
            ));
        }
        log::to_stderr();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(self.limits().blocking_threads)
            .build()?;
        let result = runtime.block_on(async {
            let server = self.bind_http(http).await?;
            let _ = io::stderr().write_all(self.welcome(&server.url()).as_bytes());
            server.run().await
        });
        runtime.shutdown_background();
        log::flush();
        result
    }

    /// For who started the program: where it is.
    #[cfg(feature = "http")]
    fn welcome(&self, url: &str) -> String {
        let server = self.core().server();
        format!("{} {} serves {url} (Ctrl-C ends it)\n", server.name, server.version)
    }

    /// Serves standard input and output until the client ends its input, or the process is told to stop.
    ///
    /// # Errors
    ///
    /// When standard input and output cannot be served.
    pub async fn serve_stdio(&self) -> Result {
        stdio::claim()?;
        log::to_stderr();
        if stdio::is_terminal() {
            let _ = io::stderr().write_all(self.greeting().as_bytes());
        }
        let (reader, writer) = stdio::take()?.open()?;
        let served = connection::serve(self, reader, writer, stopped()).await;
        // Whoever could ask for them is gone.
        self.end_tasks().await;
        log::flush();
        Ok(served?)
    }

    /// Serves one peer over any pair of byte streams, one message a line, until its input ends.
    ///
    /// ```
    /// use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, duplex, split};
    /// use toolwright::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> toolwright::Result {
    /// let service = Server::new("empty").build()?;
    /// let (ours, theirs) = duplex(1024);
    /// let (reader, writer) = split(theirs);
    /// let client = async {
    ///     let (reader, mut writer) = split(ours);
    ///     writer.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n").await?;
    ///     let mut answer = String::new();
    ///     BufReader::new(reader).read_line(&mut answer).await?;
    ///     assert_eq!(answer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    ///     writer.shutdown().await
    /// };
    /// let (served, done) = tokio::join!(service.serve(reader, writer), client);
    /// served?;
    /// done?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When reading or writing fails.
    pub async fn serve(&self, reader: impl AsyncRead, writer: impl AsyncWrite) -> io::Result<()> {
        connection::serve(self, reader, writer, std::future::pending()).await
    }

    fn help(&self) -> String {
        let server = self.core().server();
        let about = server.description.as_deref().map(|text| format!("{text}\n\n")).unwrap_or_default();
        format!(
            "{} {}: a Model Context Protocol server\n\n{about}Usage: {} [--stdio{HTTP_USAGE}]\n\n\
             Options:\n  --stdio      Serve standard input and output (the default)\n{HTTP_HELP}{SSE_HELP}{TLS_HELP}  \
             --version    Say the version\n  --help       Say this\n\nTools: {}\n",
            server.name,
            server.version,
            program(),
            self.core().tool_names().join(", "),
        )
    }

    /// For a person who started the program on a terminal.
    fn greeting(&self) -> String {
        let server = self.core().server();
        let tools = self.core().tool_names();
        format!(
            "{name} {version} is a Model Context Protocol server with {count}: {tools}.\n\
             It now waits for a client on standard input (Ctrl-D or Ctrl-C ends it).\n\
             To give it to a client, name this program as the command, for example:\n  \
             claude mcp add {name} -- {program}\n  \
             npx @modelcontextprotocol/inspector {program}\n",
            name = server.name,
            version = server.version,
            count = if tools.len() == 1 { "1 tool".into() } else { format!("{} tools", tools.len()) },
            tools = tools.join(", "),
            program = command(),
        )
    }
}

/// The program with the arguments that it was started with, as a shell takes them.
fn command() -> String {
    let quoted = |argument: std::borrow::Cow<'_, str>| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
        let plain = !argument.is_empty() && argument.chars().all(is_plain);
        if plain { argument.into_owned() } else { format!("'{}'", argument.replace('\'', r"'\''")) }
    };
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| format!(" {}", quoted(argument.to_string_lossy())));
    quoted(program().into()) + &arguments.collect::<String>()
}

fn program() -> String {
    std::env::current_exe().map_or_else(|_| "the program".into(), |path| path.display().to_string())
}

#[cfg(feature = "http")]
const HTTP_USAGE: &str = " | --http [ADDRESS]";
#[cfg(not(feature = "http"))]
const HTTP_USAGE: &str = "";

#[cfg(feature = "http")]
const HTTP_HELP: &str = "  --http [ADDRESS]     Serve HTTP, at 127.0.0.1:8000 unless another HOST:PORT is given\n  \
    --allow-host NAME    A host name by which HTTP may be asked (may be repeated)\n  \
    --allow-origin URL   A web origin whose pages may ask (may be repeated)\n  \
    --replicated         Others answer for this address, too: all need the same TOOLWRIGHT_KEYS\n";
#[cfg(feature = "sse")]
const SSE_HELP: &str = "  --sse                Serve HTTP+SSE of 2024-11-05 as well, at /sse and /messages\n";
#[cfg(not(feature = "sse"))]
const SSE_HELP: &str = "";
#[cfg(feature = "tls")]
const TLS_HELP: &str = "  --tls-cert FILE      Speak TLS with this certificate chain, in PEM; read again when it changes\n  \
    --tls-key FILE       Its private key, in PEM\n";
#[cfg(not(feature = "tls"))]
const TLS_HELP: &str = "";
#[cfg(not(feature = "http"))]
const HTTP_HELP: &str = "";

fn task(args: impl Iterator<Item = OsString>) -> Result<Task> {
    use lexopt::Arg::{Long, Short};
    let mut parser = lexopt::Parser::from_args(args);
    let mut task = Task::Serve;
    #[cfg(feature = "tls")]
    let mut tls: [Option<OsString>; 2] = [None, None];
    while let Some(argument) = parser.next()? {
        task = match (argument, task) {
            (Long("stdio"), _) => Task::Serve,
            (Long("help") | Short('h'), _) => Task::Help,
            (Long("version") | Short('V'), _) => Task::Version,
            #[cfg(feature = "http")]
            (Long("http"), _) => Task::ServeHttp(crate::http::Http::new(
                parser.optional_value().map_or_else(|| following(&mut parser), Ok)?.to_string_lossy(),
            )),
            #[cfg(feature = "http")]
            (Long("allow-host"), Task::ServeHttp(http)) => {
                Task::ServeHttp(http.allow_host(text(&mut parser)?))
            }
            #[cfg(feature = "http")]
            (Long("allow-origin"), Task::ServeHttp(http)) => {
                Task::ServeHttp(http.allow_origin(text(&mut parser)?))
            }
            #[cfg(feature = "http")]
            (Long("replicated"), Task::ServeHttp(http)) => Task::ServeHttp(http.replicated()),
            #[cfg(feature = "sse")]
            (Long("sse"), Task::ServeHttp(http)) => Task::ServeHttp(http.sse()),
            #[cfg(feature = "tls")]
            (Long("tls-cert"), task @ Task::ServeHttp(_)) => {
                tls[0] = Some(parser.value()?);
                task
            }
            #[cfg(feature = "tls")]
            (Long("tls-key"), task @ Task::ServeHttp(_)) => {
                tls[1] = Some(parser.value()?);
                task
            }
            (other, _) => return Err(Error::msg(format!("{}; try --help", other.unexpected()))),
        };
    }
    #[cfg(feature = "tls")]
    match (tls, task) {
        ([None, None], other) => task = other,
        ([Some(certificate), Some(key)], Task::ServeHttp(http)) => {
            task = Task::ServeHttp(http.tls(certificate, key));
        }
        _ => return Err(Error::msg("--tls-cert and --tls-key belong together; try --help")),
    }
    Ok(task)
}

/// The next argument, if it is no option.
#[cfg(feature = "http")]
fn following(parser: &mut lexopt::Parser) -> Result<OsString> {
    let mut rest = parser.raw_args()?;
    let is_value = rest.peek().is_some_and(|next| !next.to_string_lossy().starts_with('-'));
    Ok(if is_value { rest.next().unwrap_or_default() } else { OsString::new() })
}

#[cfg(feature = "http")]
fn text(parser: &mut lexopt::Parser) -> Result<String> {
    Ok(parser.value()?.to_string_lossy().into_owned())
}

/// Says something to a person, on the output that was claimed.
fn say(text: &str) -> Result {
    Ok(stdio::take()?.write_all(text.as_bytes())?)
}

/// Runs a future on a runtime of its own: `#[toolwright::main]` on an `async fn main`.
///
/// # Panics
///
/// When the operating system refuses to make a runtime.
#[doc(hidden)]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no async runtime: {error}"));
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
