//! A modern server that answers as a test says.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use toolwright::Client;
use toolwright::client::{Options, Target};

/// What it was asked, and how to have it say something unasked.
pub(crate) struct Scripted {
    pub(crate) client: Client,
    asked: Arc<Mutex<Vec<String>>>,
    tell: tokio::sync::mpsc::UnboundedSender<Value>,
}

impl Scripted {
    /// Answers a method and its parameters with a result, or an error that has a `code`.
    pub(crate) async fn start(
        options: Options,
        answer: impl Fn(&str, &Value) -> Value + Send + 'static,
    ) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (asked, (tell, mut told)) =
            (Arc::<Mutex<Vec<String>>>::default(), tokio::sync::mpsc::unbounded_channel());
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            let (reader, mut writer) = tokio::io::split(theirs);
            let mut lines = BufReader::new(reader).lines();
            loop {
                let said: Vec<Value> = tokio::select! {
                    line = lines.next_line() => {
                        let Ok(Some(line)) = line else { return };
                        let message: Value = serde_json::from_str(&line).unwrap();
                        let (id, method) = (&message["id"], message["method"].as_str().unwrap());
                        log.lock().unwrap().push(method.to_owned());
                        match method {
                            "subscriptions/listen" => vec![json!({
                                "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                                "params": {"notifications": {}, "_meta": {"io.modelcontextprotocol/subscriptionId": id}}
                            })],
                            "server/discover" => vec![json!({"jsonrpc": "2.0", "id": id, "result": {
                                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                                "capabilities": {"tools": {}, "resources": {}}, "ttlMs": 60000, "cacheScope": "public",
                            }})],
                            _ if id.is_null() => vec![],
                            _ => {
                                let answer = answer(method, &message["params"]);
                                let kind = if answer["code"].is_null() { "result" } else { "error" };
                                vec![json!({"jsonrpc": "2.0", "id": id, kind: answer})]
                            }
                        }
                    }
                    Some(told) = told.recv() => vec![told],
                };
                for message in said {
                    writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
                }
            }
        });
        let (reader, writer) = tokio::io::split(ours);
        let client = options.connect(Target::streams(reader, writer)).await.unwrap();
        Self { client, asked, tell }
    }

    /// How often it was asked this.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == method).count()
    }

    /// Says that something has changed.
    pub(crate) fn tell(&self, method: &str, params: Value) {
        self.tell.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).unwrap();
    }
}
