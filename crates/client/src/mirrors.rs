//! Arguments that a tool wants repeated in headers, over HTTP since 2026-07-28 (rules H15 and H18).

use std::collections::HashMap;
use std::sync::PoisonError;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use toolwright_core::Mirrored;
use toolwright_types::jsonrpc::code;
use toolwright_types::method::Method;
use toolwright_types::tools::Tool;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::wire::{Ask, Reply};

impl Client {
    /// Whether calls repeat arguments in headers.
    pub(crate) fn repeats_arguments(&self) -> bool {
        let wire = self.wire();
        wire.link.has_headers() && wire.is_modern()
    }

    /// Calls a tool with the headers it wants; a server whose tools changed meanwhile is asked for them once more.
    pub(crate) async fn call_mirrored(&self, ask: &mut Ask) -> Result<Reply> {
        ask.mirrored = self.mirrored(ask).await?;
        match self.asking(ask).await {
            Err(Error::Refused(error)) if error.code == code::HEADER_MISMATCH => {
                self.forget(Method::ListTools);
                Box::pin(self.learn()).await?;
                ask.mirrored = self.mirrored(ask).await?;
                Box::pin(self.asking(ask)).await
            }
            answer => answer,
        }
    }

    /// The headers of a call, by name.
    async fn mirrored(&self, ask: &Ask) -> Result<Vec<(String, String)>> {
        let tool = ask.name.as_deref().unwrap_or_default();
        let wanted = match self.known(tool) {
            Some(wanted) => wanted,
            None => {
                Box::pin(self.learn()).await?;
                self.known(tool).unwrap_or_default()
            }
        };
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let params: HashMap<String, Box<RawValue>> =
            serde_json::from_str(&ask.params).map_err(|error| Error::invalid("the parameters", error))?;
        let arguments = params.get("arguments").map(|arguments| &**arguments);
        let header = |mirrored: &Mirrored| {
            let value = mirrored.value(arguments)?;
            let text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
            Some((mirrored.header.clone(), text))
        };
        Ok(wanted.iter().filter_map(header).collect())
    }

    /// What is known of a tool; none when nothing is known of any.
    fn known(&self, tool: &str) -> Option<Vec<Mirrored>> {
        let known = self.0.mirrors.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|known| known.get(tool).cloned().unwrap_or_default())
    }

    async fn learn(&self) -> Result {
        let tools: Vec<Tool> = self.list(Method::ListTools, "tools").await?;
        #[cfg(feature = "validate")]
        self.0.outputs.learn(&tools);
        let mirrors = tools.into_iter().map(|tool| {
            let schema = Value::Object(tool.input_schema);
            (tool.name, Mirrored::find(&schema).unwrap_or_default())
        });
        *self.0.mirrors.lock().unwrap_or_else(PoisonError::into_inner) = Some(mirrors.collect());
        Ok(())
    }

    /// Whether the server is one that could be called: tools with headers that are none are left out.
    pub(crate) fn is_callable(&self, schema: &serde_json::Map<String, Value>) -> bool {
        if !self.repeats_arguments() {
            return true;
        }
        match Mirrored::find(&json!(schema)) {
            Ok(_) => true,
            Err(faults) => {
                tracing::warn!("a tool is left out: {}", faults.join("; "));
                false
            }
        }
    }
}
