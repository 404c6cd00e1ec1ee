//! The command `bench`: how long a tool takes through our client, and how many calls a server answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use toolwright::Client;

use crate::call::find;
use crate::outcome::{Exit, Failure, Outcome};
use crate::server::Server;
use crate::{arguments, show};

/// Measures how long a tool takes, and how many calls a server answers.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    server: Server,
    /// The tool to call.
    #[arg(long)]
    tool: String,
    /// Its arguments: `name=value`, or `name:=JSON`.
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    args: Vec<String>,
    /// How many calls are on their way at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
    /// For how many seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// What was measured.
#[derive(Default)]
struct Tally {
    /// Of each call that worked.
    times: Vec<Duration>,
    /// Why calls failed, and how many.
    errors: BTreeMap<String, u64>,
}

impl Bench {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let time = Duration::try_from_secs_f64(self.seconds).ok().filter(|time| !time.is_zero());
        let time = time.ok_or_else(|| Failure::wrong("`--seconds` takes a number above 0"))?;
        self.server.meet(self.server.options(), async |client| self.measure(client, time).await).await
    }

    async fn measure(&self, client: &Client, time: Duration) -> Result<Outcome, Failure> {
        let tools = client.list_tools().await?;
        let tool = find(&self.tool, &tools)?;
        let arguments = arguments::read(&self.args, &tool.input_schema).map_err(Failure::wrong)?;
        // The first call opens connections and fills caches: it is not measured.
        client.call_tool(&self.tool, &arguments).await?;
        let begin = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..self.concurrency {
            callers.spawn(calls(client.clone(), self.tool.clone(), arguments.clone(), begin + time));
        }
        let mut tally = Tally::default();
        while let Some(part) = callers.join_next().await {
            let part = part.map_err(|error| Failure::machine("a caller was lost", error))?;
            tally.times.extend(part.times);
            part.errors.into_iter().for_each(|(why, count)| *tally.errors.entry(why).or_default() += count);
        }
        Ok(tally.outcome(begin.elapsed(), self.concurrency))
    }
}

/// One call after the other.
async fn calls(client: Client, tool: String, arguments: Map<String, Value>, end: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < end {
        let begin = Instant::now();
        let error = match client.call_tool(&tool, &arguments).await {
            Ok(result) if result.is_error == Some(true) => show::content(&result.content),
            Ok(_) => {
                tally.times.push(begin.elapsed());
                continue;
            }
            Err(error) => error.to_string(),
        };
        let why = error.lines().next().unwrap_or_default().to_owned();
        *tally.errors.entry(why).or_default() += 1;
        // A server that is gone fails at once, and without a pause.
        tokio::task::yield_now().await;
    }
    tally
}

impl Tally {
    fn outcome(mut self, time: Duration, concurrency: u16) -> Outcome {
        self.times.sort_unstable();
        let failed: u64 = self.errors.values().sum();
        let per_second = self.times.len() as f64 / time.as_secs_f64();
        let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
        let mean =
            self.times.iter().sum::<Duration>().checked_div(self.times.len() as u32).unwrap_or_default();
        let latencies = [
            ("p50", self.percentile(50.0)),
            ("p90", self.percentile(90.0)),
            ("p99", self.percentile(99.0)),
            ("p99.9", self.percentile(99.9)),
            ("max", self.percentile(100.0)),
            ("mean", mean),
        ];
        let (count, seconds) = (self.times.len(), time.as_secs_f64());
        let mut text =
            format!("{count} calls in {seconds:.2} s, {concurrency} at once: {per_second:.0} a second\n");
        for (name, latency) in latencies {
            let _ = writeln!(text, "{name:<6} {:>10.1} µs", micros(latency));
        }
        let _ = writeln!(text, "errors {failed:>10}");
        for (why, count) in &self.errors {
            let _ = writeln!(text, "  {count} × {}", show::plain(why));
        }
        let latencies: Map<_, _> =
            latencies.map(|(name, time)| (name.to_owned(), json!(micros(time)))).into_iter().collect();
        let json = json!({
            "calls": count, "seconds": seconds, "concurrency": concurrency, "callsPerSecond": per_second,
            "microseconds": latencies, "errors": failed, "why": self.errors,
        });
        Outcome::new(text, json).ending(if failed > 0 { Exit::Found } else { Exit::Worked })
    }

    /// The time within which so many of a hundred calls were answered; the times are sorted.
    fn percentile(&self, percent: f64) -> Duration {
        let rank = (percent / 100.0 * self.times.len() as f64).ceil() as usize;
        self.times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times = (1..=200).map(Duration::from_micros).collect();
        let tally = Tally { times, ..Tally::default() };
        let percentiles = [50.0, 99.0, 99.9, 100.0].map(|percent| tally.percentile(percent).as_micros());
        assert_eq!(percentiles, [100, 198, 200, 200]);
        assert_eq!(Tally::default().percentile(99.0), Duration::ZERO);
    }
}
