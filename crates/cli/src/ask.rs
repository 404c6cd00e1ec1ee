//! The commands that ask and show: `list`, `read`, `prompt`.

use serde_json::{Value, json};
use toolwright::Client;
use toolwright::client::{Interest, ServerFacts};
use toolwright::types::prompts::Prompt;
use toolwright::types::resources::{Resource, ResourceTemplate};
use toolwright::types::tools::Tool;

use crate::outcome::{Failure, Outcome};
use crate::{arguments, show};

/// Everything a server offers.
pub(crate) struct Offers {
    pub(crate) facts: ServerFacts,
    pub(crate) tools: Vec<Tool>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) templates: Vec<ResourceTemplate>,
    pub(crate) prompts: Vec<Prompt>,
}

impl Offers {
    /// Asks for all lists that the server says it has.
    pub(crate) async fn of(client: &Client) -> Result<Self, Failure> {
        let facts = client.server().clone();
        let capabilities = &facts.capabilities;
        let tools = if capabilities.tools.is_some() { client.list_tools().await? } else { Vec::new() };
        let (mut resources, mut templates, mut prompts) = (Vec::new(), Vec::new(), Vec::new());
        if capabilities.resources.is_some() {
            resources = client.list_resources().await?;
            // Some servers have resources and know no templates.
            templates = client.list_resource_templates().await.unwrap_or_default();
        }
        if capabilities.prompts.is_some() {
            prompts = client.list_prompts().await?;
        }
        Ok(Self { facts, tools, resources, templates, prompts })
    }

    /// All of it, for programs: this is what is saved and compared, too.
    pub(crate) fn json(&self) -> Value {
        let Self { facts, tools, resources, templates, prompts } = self;
        json!({
            "server": facts.server, "protocolVersion": facts.version.as_str(), "instructions": facts.instructions,
            "tools": tools, "resources": resources, "resourceTemplates": templates, "prompts": prompts,
        })
    }
}

/// Lists what a server offers.
pub(crate) async fn list(client: &Client) -> Result<Outcome, Failure> {
    let offers = Offers::of(client).await?;
    Ok(Outcome::new(show::offers(&offers), offers.json()))
}

/// Reads a resource, at once or after its next change.
pub(crate) async fn read(client: &Client, uri: &str, after_change: bool) -> Result<Outcome, Failure> {
    if after_change {
        let mut changes = client.subscribe(Interest::only(uri)).await?;
        changes.next().await?;
    }
    let contents = client.read_resource(uri).await?;
    Ok(Outcome::new(show::contents(&contents), json!({ "contents": contents })))
}

/// Gets a prompt.
pub(crate) async fn prompt(client: &Client, name: &str, given: &[String]) -> Result<Outcome, Failure> {
    let pairs = arguments::pairs(given).map_err(Failure::wrong)?;
    let prompt = client.get_prompt(name, pairs).await?;
    Ok(Outcome::new(show::messages(&prompt.messages), json!(prompt)))
}
