//! Everything that can be asked of a server.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use toolwright_types::completion::{CompleteResult, Reference};
use toolwright_types::content::ResourceContents;
use toolwright_types::logging::LogLevel;
use toolwright_types::method::Method;
use toolwright_types::prompts::{GetPromptResult, Prompt};
use toolwright_types::resources::{ReadResourceResult, Resource, ResourceTemplate};
use toolwright_types::tools::Tool;

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::subscription::{Interest, Subscription};
use crate::wire::object;

impl Client {
    /// All tools, from all pages.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn list_tools(&self) -> Result<Vec<Tool>> {
        #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "only over HTTP are tools left out"))]
        let mut tools: Vec<Tool> = self.list(Method::ListTools, "tools").await?;
        #[cfg(feature = "http")]
        tools.retain(|tool| self.is_callable(&tool.input_schema));
        #[cfg(feature = "validate")]
        self.0.outputs.learn(&tools);
        Ok(tools)
    }

    /// All resources, from all pages.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn list_resources(&self) -> Result<Vec<Resource>> {
        self.list(Method::ListResources, "resources").await
    }

    /// All resource templates, from all pages.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>> {
        self.list(Method::ListResourceTemplates, "resourceTemplates").await
    }

    /// All prompts, from all pages.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>> {
        self.list(Method::ListPrompts, "prompts").await
    }

    /// Calls a tool, and reads its result as a `T`: its structured content, or else its text.
    ///
    /// # Errors
    ///
    /// [`Error::Tool`](crate::Error::Tool) when the tool failed; else as every operation.
    pub async fn call<T: DeserializeOwned>(&self, tool: &str, arguments: impl Serialize) -> Result<T> {
        self.call_tool(tool, arguments).typed().await
    }

    /// Calls a tool; await it for the whole result, which may say that the tool failed.
    ///
    /// ```no_run
    /// # async fn example(client: toolwright_client::Client) -> toolwright_client::Result {
    /// use std::time::Duration;
    ///
    /// let result = client
    ///     .call_tool("reindex", serde_json::json!({"all": true}))
    ///     .timeout(Duration::from_secs(600))
    ///     .on_progress(|progress| eprintln!("{}", progress.progress))
    ///     .await?;
    /// # let _ = result;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_tool(&self, tool: &str, arguments: impl Serialize) -> Call {
        Call::new(self, tool, object(&arguments))
    }

    /// Reads a resource.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn read_resource(&self, uri: &str) -> Result<Vec<ResourceContents>> {
        let mut ask = self.ask(Method::ReadResource, &json!({ "uri": uri }))?;
        ask.name = Some(uri.to_owned());
        let result: ReadResourceResult = self.asking(&ask).await?.read()?;
        Ok(result.contents)
    }

    /// Gets a prompt, filled in with its arguments.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn get_prompt(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<GetPromptResult> {
        let arguments: BTreeMap<String, String> =
            arguments.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut ask = self.ask(Method::GetPrompt, &json!({"name": name, "arguments": arguments}))?;
        ask.name = Some(name.to_owned());
        self.asking(&ask).await?.read()
    }

    /// Suggests values for an argument of a prompt or a resource template.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn complete(&self, of: Reference, argument: &str, typed: &str) -> Result<Vec<String>> {
        let params = json!({"ref": of, "argument": {"name": argument, "value": typed}});
        let result: CompleteResult = self.ask_for(Method::Complete, &params).await?;
        Ok(result.completion.values)
    }

    /// Whether the server answers: `ping`, or `server/discover` where there is none.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn ping(&self) -> Result {
        let method = if self.wire().is_modern() { Method::Discover } else { Method::Ping };
        self.ask_for::<Value>(method, &json!({})).await.map(drop)
    }

    /// From which level on a legacy server sends its log; since 2026-07-28 each request says it.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn set_log_level(&self, level: LogLevel) -> Result {
        self.ask_for::<Value>(Method::SetLogLevel, &json!({ "level": level })).await.map(drop)
    }

    /// Hears of changes: of lists, and of the resources that are named.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`](crate::Error).
    pub async fn subscribe(&self, interest: Interest) -> Result<Subscription> {
        Subscription::begin(self.clone(), interest).await
    }
}
