//! The server that a command works on.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use toolwright::Client;
use toolwright::client::{Config, LogLevel, Options};
use toolwright::types::logging::LogMessageParams;
use toolwright::types::version::ProtocolVersion;

use crate::discover;
use crate::launch::Launch;
use crate::outcome::{Failure, Outcome};
use crate::sign_in::{SignIn, is_token};
use crate::terminal::say;

/// How long a task may take at least.
const TASK: Duration = Duration::from_secs(24 * 60 * 60);

/// Which server, and how it is spoken to.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// A URL, a command line in quotes, `"npx -y some-server"`, or `client:name` as `discover` lists them; with `--config`
    /// a name.
    pub(crate) server: String,
    /// Finds the server in this file, by its name below `mcpServers`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Speaks this version of the protocol, such as 2025-11-25, instead of finding out which is best.
    #[arg(long, value_name = "VERSION")]
    protocol: Option<ProtocolVersion>,
    /// How many seconds an answer may take; a task has a day.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Shows the server's log messages and how far a call has come, on standard error.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    sign_in: SignIn,
}

impl Server {
    /// How our client behaves.
    pub(crate) fn options(&self) -> Options {
        let options = Client::options().name("toolwright", env!("CARGO_PKG_VERSION"));
        let time = Duration::from_secs(self.timeout);
        let options = options.timeout(time).task_timeout(time.max(TASK));
        let options = self.protocol.into_iter().fold(options, |options, version| options.version(version));
        if self.verbose { options.on_log(LogLevel::Debug, log) } else { options }
    }

    /// Connects, works, and lets the server end.
    pub(crate) async fn meet(
        &self,
        options: Options,
        work: impl AsyncFnOnce(&Client) -> Result<Outcome, Failure>,
    ) -> Result<Outcome, Failure> {
        let mut options = options;
        let (target, shows_token) = match (&self.config, discover::named(&self.server)) {
            (Some(file), _) => {
                let target = Config::read(file).and_then(|config| config.target(&self.server));
                (target.map_err(|error| Failure::wrong(error.to_string()))?, false)
            }
            (None, Some(launch)) => {
                let launch = launch?;
                let shows_token =
                    matches!(&launch, Launch::Url { headers, .. } if headers.iter().any(is_token));
                (launch.target(), shows_token)
            }
            (None, None) => (self.server.as_str().into(), false),
        };
        if !shows_token {
            options = self.sign_in.signing_in(options)?;
        }
        let client = options.connect(self.sign_in.shown_to(target)?).await;
        let client = client.map_err(|error| self.sign_in.told(error, &self.server))?;
        let outcome = work(&client).await;
        client.close().await;
        outcome
    }
}

fn log(message: LogMessageParams) {
    let level = serde_json::to_value(message.level).unwrap_or_default();
    let text = message.data.as_str().map_or_else(|| message.data.to_string(), str::to_owned);
    let logger = message.logger.map(|logger| format!("{logger}: ")).unwrap_or_default();
    say(&format!("[{}] {logger}{text}", level.as_str().unwrap_or_default()));
}
