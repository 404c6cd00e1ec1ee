//! A tool on top of an HTTP API: a time limit, and failures that tell the model what to do.

use std::time::Duration;

use reqwest::Url;
use toolwright::prelude::*;

/// The weather of this hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Weather {
    /// In degrees Celsius.
    #[serde(rename(deserialize = "temperature_2m"), alias = "temperature")]
    temperature: f64,
    /// In kilometres per hour.
    #[serde(rename(deserialize = "wind_speed_10m"), alias = "wind_speed")]
    wind_speed: f64,
}

/// What the API answers; members that are not named here are ignored.
#[derive(Deserialize)]
struct Answer {
    current: Weather,
}

struct Api {
    client: reqwest::Client,
    url: Url,
}

#[tools]
impl Api {
    /// The weather at a place. Use it when the user asks how warm or windy it is.
    #[tool(read_only, open_world, timeout = "15s")]
    async fn weather(
        &self,
        /// In degrees, north of the equator.
        #[arg(range(-90.0..=90.0))]
        latitude: f64,
        /// In degrees, east of Greenwich.
        #[arg(range(-180.0..=180.0))]
        longitude: f64,
    ) -> Result<Weather> {
        let place = [("latitude", latitude.to_string()), ("longitude", longitude.to_string())];
        let request = self.client.get(self.url.clone()).query(&place);
        let request = request.query(&[("current", "temperature_2m,wind_speed_10m")]);
        let answer = request
            .send()
            .await
            .map_err(|_| tool_error!("the weather API does not answer; try again in a minute"))?;
        if !answer.status().is_success() {
            return Err(tool_error!("the weather API refuses: {}", answer.status()));
        }
        let Answer { current } = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(current)
    }
}

fn server(url: &str) -> Result<Server> {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let api = Api { client, url: Url::parse(url)? };
    Ok(Server::new("my-server").version(env!("CARGO_PKG_VERSION")).tools(api))
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let url = std::env::var("WEATHER_URL");
    server(url.as_deref().unwrap_or("https://api.open-meteo.com/v1/forecast"))?.run()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use serde_json::json;
    use toolwright::Client;

    use super::*;

    /// An API that answers once, with this body.
    fn api(body: &'static str) -> std::io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/", listener.local_addr()?);
        thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            let _ = stream.read(&mut [0; 4096])?;
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        });
        Ok(url)
    }

    #[tokio::test]
    async fn the_weather_is_what_the_api_says() -> toolwright::Result {
        let url = api(r#"{"current": {"temperature_2m": 21.5, "wind_speed_10m": 9}}"#)?;
        let client = Client::connect(server(&url)?.build()?).await?;
        let place = json!({"latitude": 52.5, "longitude": 13.4});
        let weather: Weather = client.call("weather", &place).await?;
        assert_eq!(weather, Weather { temperature: 21.5, wind_speed: 9.0 });
        // It answered once: now nobody is there.
        let error = client.call::<Weather>("weather", &place).await.unwrap_err();
        assert!(error.to_string().contains("try again"), "{error}");
        Ok(())
    }
}
