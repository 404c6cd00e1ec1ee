//! The program `orders`: serves the orders to models, and shows people how.

mod connect;
mod demo;
mod guide;

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use orders::store::{Options, Store};
use orders::tools;
use toolwright::{Error, Http, Result};

/// Where the orders are when nobody says otherwise: in the current directory.
const DATABASE: &str = "orders.db";

/// An order desk for models: a Model Context Protocol server on an SQLite file.
///
/// Without a command it serves on a pipe, with four orders to begin with, and on a terminal tells what to do next.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve standard input and output until the client ends.
    Serve(Serve),
    /// Show real calls and their answers, then how to connect a client.
    Demo,
    /// Add made-up orders, for trials with more data.
    Generate(Generate),
}

#[derive(Debug, Args)]
struct Database {
    /// The SQLite file with the orders, made when it is missing; `:memory:` keeps nothing.
    #[arg(long = "db", value_name = "PATH", default_value = DATABASE)]
    path: PathBuf,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    database: Database,
    /// Give a database that is made new the four orders of the tutorial.
    #[arg(long)]
    seed: bool,
    /// How many threads read.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    readers: u16,
    /// Serve HTTP instead, at this address.
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:8000")]
    http: Option<String>,
    /// A host name by which HTTP may be asked; the loopback names always may.
    #[arg(long, value_name = "NAME", requires = "http")]
    allow_host: Vec<String>,
    /// A web origin whose pages may use the server.
    #[arg(long, value_name = "URL", requires = "http")]
    allow_origin: Vec<String>,
    /// Serve clients of 2024-11-05 over HTTP as well, at /sse and /messages.
    #[arg(long, requires = "http")]
    sse: bool,
    /// Speak TLS with this certificate chain, in PEM; it is read again when it changes.
    #[arg(long, value_name = "FILE", requires_all = ["http", "tls_key"])]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["http", "tls_cert"])]
    tls_key: Option<PathBuf>,
}

impl Serve {
    fn http(&self) -> Option<Http> {
        let http = Http::new(self.http.as_deref()?);
        let http = self.allow_host.iter().fold(http, |http, host| http.allow_host(host));
        let http = self.allow_origin.iter().fold(http, |http, origin| http.allow_origin(origin));
        let http = if self.sse { http.sse() } else { http };
        Some(match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => http.tls(certificate, key),
            _ => http,
        })
    }
}

#[derive(Debug, Args)]
struct Generate {
    #[command(flatten)]
    database: Database,
    /// How many orders to add, at most a million.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// The same number gives the same orders.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed_number: u64,
}

fn main() -> Result {
    let CommandLine { command, database } = CommandLine::parse();
    match command {
        None if io::stdin().is_terminal() => said(guide::write(&mut io::stdout().lock())),
        None => serve(&database.path, Options { seed: true, ..Options::default() }, None),
        Some(Command::Serve(wanted)) => {
            let options = Options { seed: wanted.seed, readers: wanted.readers.into(), ..Options::default() };
            serve(&wanted.database.path, options, wanted.http())
        }
        Some(Command::Demo) => said(demo::run(&mut io::stdout().lock())),
        Some(Command::Generate(wanted)) => generate(&wanted),
    }
}

fn serve(path: &Path, options: Options, http: Option<Http>) -> Result {
    let store = open(path, options)?;
    let service = tools::service(store.clone())?;
    let served = match http {
        None => service.run_stdio(),
        Some(http) => service.run_http(http),
    };
    drop(service);
    wait(store.close())?;
    served
}

fn generate(wanted: &Generate) -> Result {
    let path = &wanted.database.path;
    let store = open(path, Options::default())?;
    let made = wait(store.generate(wanted.count, wanted.seed_number))?;
    wait(store.close())?;
    said(writeln!(io::stdout().lock(), "Added {} orders to {}.", made?, path.display()))
}

fn open(path: &Path, options: Options) -> Result<Store> {
    Store::open(path, options).map_err(|error| {
        let causes = Error::from(error);
        Error::msg(format!("{} cannot be used as the database: {causes:?}", path.display()))
    })
}

fn wait<T>(work: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?.block_on(work))
}

/// A reader that has seen enough, as in `orders demo | head`, is no failure.
fn said(result: io::Result<()>) -> Result {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_database_can_be_named_with_and_without_a_command() {
        let plain = CommandLine::try_parse_from(["orders", "--db", "a.db"]).unwrap();
        assert_eq!((plain.database.path, plain.command.is_none()), ("a.db".into(), true));
        let serve =
            CommandLine::try_parse_from(["orders", "serve", "--db", "a.db", "--readers", "4"]).unwrap();
        let Some(Command::Serve(Serve { database, seed: false, readers: 4, http: None, .. })) = serve.command
        else {
            panic!("{serve:?}")
        };
        assert_eq!(database.path, PathBuf::from("a.db"));
        assert!(CommandLine::try_parse_from(["orders", "--db", "a.db", "demo"]).is_err());
        assert!(CommandLine::try_parse_from(["orders", "serve", "--readers", "0"]).is_err());
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        assert!(said(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(said(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
