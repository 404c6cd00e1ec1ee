//! Tools on top of an HTTP API: exchange rates, with timeouts, a cap on answers, and failures that help the model.
//!
//! | Variable | Meaning |
//! |---|---|
//! | `RATES_URL` | where the API is; by default <https://api.frankfurter.dev/v1>, which needs no key |
//! | `RATES_KEY` | its key, if it needs one: sent as `access_key` |
//! | `RATES_TIMEOUT` | seconds to wait for an answer: 5 by default |

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use toolwright::prelude::*;

/// The most bytes that are read of an answer.
const MOST: usize = 256 * 1024;

struct Rates {
    client: Client,
    url: Url,
    key: Option<String>,
}

/// What the API answers; members that are not named here are ignored.
#[derive(Deserialize)]
struct Answer {
    date: String,
    rates: BTreeMap<String, f64>,
}

/// An amount of money in another currency.
#[derive(Serialize, JsonSchema)]
struct Conversion {
    amount: f64,
    currency: String,
    /// What one unit costs.
    rate: f64,
    /// The day of the rate.
    date: String,
}

/// What one unit of a currency costs in others.
#[derive(Serialize, JsonSchema)]
struct LatestRates {
    base: String,
    /// The day of the rates.
    date: String,
    /// Price by currency.
    rates: BTreeMap<String, f64>,
}

#[tools]
impl Rates {
    /// Converts an amount of money at the latest exchange rate.
    // The call as a whole has a time limit, above that of the one request it makes.
    #[tool(read_only, open_world, timeout = "15s")]
    async fn convert(
        &self,
        amount: f64,
        /// The currency to convert from, as in ISO 4217.
        #[arg(pattern = "^[A-Z]{3}$", example = "EUR")]
        from: String,
        /// The currency to convert to, as in ISO 4217.
        #[arg(pattern = "^[A-Z]{3}$", example = "USD")]
        to: String,
    ) -> Result<Conversion> {
        let answer: Answer = self.get("latest", &[("base", &from), ("symbols", &to)]).await?;
        let rate = answer.rates.get(&to);
        let rate = *rate.ok_or_else(|| tool_error!("there is no rate from {from} to {to}"))?;
        Ok(Conversion { amount: amount * rate, currency: to, rate, date: answer.date })
    }

    /// The latest exchange rates of a currency.
    #[tool(read_only, open_world, timeout = "15s")]
    async fn latest_rates(
        &self,
        #[arg(pattern = "^[A-Z]{3}$", default = "EUR")] base: String,
        /// Only these currencies; all if it is left out.
        #[arg(length(1..=50))]
        symbols: Option<Vec<String>>,
    ) -> Result<LatestRates> {
        let symbols = symbols.map(|symbols| symbols.join(","));
        let mut query = vec![("base", base.as_str())];
        query.extend(symbols.as_deref().map(|symbols| ("symbols", symbols)));
        let Answer { date, rates } = self.get("latest", &query).await?;
        Ok(LatestRates { base, date, rates })
    }
}

impl Rates {
    fn from_env() -> Result<Self> {
        // reqwest is built without a cryptography of its own: see `Cargo.toml`. An error says that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = env::var("RATES_URL").unwrap_or_else(|_| "https://api.frankfurter.dev/v1".into());
        let url = Url::parse(&url)?;
        let seconds: f64 = env::var("RATES_TIMEOUT").map_or(Ok(5.0), |text| text.parse())?;
        let client = Client::builder()
            .timeout(Duration::try_from_secs_f64(seconds)?)
            // Elsewhere is not where the key belongs.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("toolwright-examples/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url, key: env::var("RATES_KEY").ok() })
    }

    /// Asks the API once. Every failure is told so that the model knows whether to change its call, wait or give up.
    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(path);
        }
        let key = self.key.as_deref().map(|key| ("access_key", key));
        let request = self.client.get(url).query(query).query(key.as_slice());
        let response = request.send().await.map_err(unanswered)?;
        refuse_failure(&response)?;
        let body = read(response).await?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(%error, "the exchange rate API answered with something unexpected");
            tool_error!(
                "the exchange rate API answered with something unexpected; trying again will not help"
            )
        })
    }
}

/// The request failed on its way. The URL holds the key, so it is taken out of the error before anyone sees it.
fn unanswered(error: reqwest::Error) -> Error {
    let error = error.without_url();
    tracing::warn!(error = ?error, "the exchange rate API did not answer");
    if error.is_timeout() {
        return tool_error!("the exchange rate API did not answer in time; try again in a minute");
    }
    tool_error!("the exchange rate API cannot be reached; try again in a minute")
}

fn refuse_failure(response: &Response) -> Result<()> {
    let status = response.status();
    let error = match status {
        _ if status.is_success() => return Ok(()),
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
            tool_error!("the exchange rate API does not know one of these currencies ({status})")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            tracing::error!(%status, "the exchange rate API refuses RATES_KEY");
            tool_error!("the exchange rate API refuses this server; whoever runs it has to check its key")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            tool_error!("the exchange rate API has been asked too often; wait before you ask again")
        }
        _ => tool_error!("the exchange rate API has a problem of its own ({status}); try again in a minute"),
    };
    Err(error)
}

/// Reads the body piece by piece, and no more of it than `MOST`, whatever length it announces.
async fn read(mut response: Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unanswered)? {
        if body.len() + piece.len() > MOST {
            return Err(tool_error!("the exchange rate API answered with over {MOST} bytes; ask for less"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn main() -> toolwright::Result {
    Server::new("exchange-rates").version(env!("CARGO_PKG_VERSION")).tools(Rates::from_env()?).run()
}
