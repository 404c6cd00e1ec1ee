//! Clients of several servers, asked as if they were one.

mod subscriptions;

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toolwright_types::completion::Reference;
use toolwright_types::content::ResourceContents;
use toolwright_types::prompts::{GetPromptResult, Prompt};
use toolwright_types::resources::{Resource, ResourceTemplate};
use toolwright_types::tools::Tool;

use crate::call::Call;
use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::options::Options;

pub use subscriptions::Subscriptions;

/// A client for each server of a [`Config`]. What they offer is told apart by the server's name.
///
/// | the server `shop` has | here it is |
/// | --- | --- |
/// | the tool or prompt `find` | `shop_find` |
/// | the resource `orders://late` | `orders://shop/late` |
///
/// Where one server's name begins another's (`shop`, `shop_eu`), the longer one is meant.
///
/// ```no_run
/// use toolwright_client::{Clients, Config};
///
/// # async fn example() -> toolwright_client::Result {
/// let clients = Clients::connect(&Config::read(".mcp.json")?).await?;
/// let found: Vec<String> = clients.call("shop_find", serde_json::json!({"name": "kettle"})).await?;
/// # let _ = found;
/// clients.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Clients {
    clients: Vec<(String, Client)>,
    failed: Vec<(String, Error)>,
}

impl Options {
    /// Connects to all servers of a configuration at once, each with these options.
    ///
    /// Those that cannot be connected to take none of the others down: [`Clients::failed`] names them, and
    /// [`Clients::insist`] insists on all.
    pub async fn connect_all(self, config: &Config) -> Clients {
        let connected = config.names().into_iter().map(|name| {
            let options = self.clone();
            async move {
                let client = async { options.connect(config.target(name)?).await };
                (name.to_owned(), client.await)
            }
        });
        let mut all = Clients { clients: Vec::new(), failed: Vec::new() };
        for (name, client) in join_all(connected).await {
            match client {
                Ok(client) => all.clients.push((name, client)),
                Err(error) => all.failed.push((name, error)),
            }
        }
        all
    }
}

impl Clients {
    /// Connects to all servers of a configuration.
    ///
    /// # Errors
    ///
    /// When one of them cannot be connected to; the text names it. The others are ended.
    pub async fn connect(config: &Config) -> Result<Self> {
        Options::default().connect_all(config).await.insist()
    }

    /// These clients, if there is one for every server.
    ///
    /// # Errors
    ///
    /// What is wrong with the first server that could not be connected to, and its name.
    pub fn insist(mut self) -> Result<Self> {
        if self.failed.is_empty() {
            return Ok(self);
        }
        let (name, error) = self.failed.swap_remove(0);
        Err(error.of(&name))
    }

    /// The servers that could not be connected to, and why.
    pub fn failed(&self) -> &[(String, Error)] {
        &self.failed
    }

    /// The clients, by the names of their servers.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.clients.iter().map(|(name, client)| (name.as_str(), client))
    }

    /// The client of one server.
    pub fn get(&self, name: &str) -> Option<&Client> {
        self.all().find(|(named, _)| *named == name).map(|(_, client)| client)
    }

    /// All tools of all servers.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`]; the text names the server.
    pub async fn list_tools(&self) -> Result<Vec<Tool>> {
        let listed = self.gather(async |name, client| {
            let mut tools = match client.server().capabilities.tools {
                Some(_) => client.list_tools().await?,
                None => Vec::new(),
            };
            tools.iter_mut().for_each(|tool| tool.name = format!("{name}_{}", tool.name));
            Ok(tools)
        });
        listed.await
    }

    /// All resources of all servers.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`]; the text names the server.
    pub async fn list_resources(&self) -> Result<Vec<Resource>> {
        let listed = self.gather(async |name, client| {
            let mut resources = match client.server().capabilities.resources {
                Some(_) => client.list_resources().await?,
                None => Vec::new(),
            };
            resources.iter_mut().for_each(|resource| resource.uri = with_name(&resource.uri, name));
            Ok(resources)
        });
        listed.await
    }

    /// All resource templates of all servers.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`]; the text names the server.
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>> {
        let listed = self.gather(async |name, client| {
            let mut templates = match client.server().capabilities.resources {
                Some(_) => client.list_resource_templates().await?,
                None => Vec::new(),
            };
            templates.iter_mut().for_each(|one| one.uri_template = with_name(&one.uri_template, name));
            Ok(templates)
        });
        listed.await
    }

    /// All prompts of all servers.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`]; the text names the server.
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>> {
        let listed = self.gather(async |name, client| {
            let mut prompts = match client.server().capabilities.prompts {
                Some(_) => client.list_prompts().await?,
                None => Vec::new(),
            };
            prompts.iter_mut().for_each(|prompt| prompt.name = format!("{name}_{}", prompt.name));
            Ok(prompts)
        });
        listed.await
    }

    /// Calls a tool, and reads its result as a `T`: see [`Client::call`].
    ///
    /// # Errors
    ///
    /// When no server's name begins the tool's; else as [`Client::call`].
    pub async fn call<T: DeserializeOwned>(&self, tool: &str, arguments: impl Serialize) -> Result<T> {
        self.call_tool(tool, arguments)?.typed().await
    }

    /// Calls a tool; await it for the whole result: see [`Client::call_tool`].
    ///
    /// # Errors
    ///
    /// When no server's name begins the tool's.
    pub fn call_tool(&self, tool: &str, arguments: impl Serialize) -> Result<Call> {
        let (_, client, tool) = self.find(tool, "_").ok_or_else(|| self.unknown(tool))?;
        Ok(client.call_tool(tool, arguments))
    }

    /// Reads a resource; what is read has the server's own URIs.
    ///
    /// # Errors
    ///
    /// When no server's name stands in the URI; else as every operation.
    pub async fn read_resource(&self, uri: &str) -> Result<Vec<ResourceContents>> {
        let (_, client, uri) = self.placed(uri)?;
        client.read_resource(&uri).await
    }

    /// Suggests values for an argument of a prompt or a resource template, which is named as it is listed here.
    ///
    /// # Errors
    ///
    /// When no server's name stands in the reference; else as every operation.
    pub async fn complete(&self, of: Reference, argument: &str, typed: &str) -> Result<Vec<String>> {
        let (client, of) = match of {
            Reference::Prompt { name, title } => {
                let (_, client, name) = self.find(&name, "_").ok_or_else(|| self.unknown(&name))?;
                (client, Reference::Prompt { name: name.to_owned(), title })
            }
            Reference::Resource { uri } => {
                let (_, client, uri) = self.placed(&uri)?;
                (client, Reference::Resource { uri })
            }
            other => return Err(self.unknown(&format!("{other:?}"))),
        };
        client.complete(of, argument, typed).await
    }

    /// Gets a prompt, filled in with its arguments.
    ///
    /// # Errors
    ///
    /// When no server's name begins the prompt's; else as every operation.
    pub async fn get_prompt(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<GetPromptResult> {
        let (_, client, name) = self.find(name, "_").ok_or_else(|| self.unknown(name))?;
        client.get_prompt(name, arguments).await
    }

    /// Ends all conversations, and waits until the servers are gone.
    pub async fn close(self) {
        join_all(self.clients.into_iter().map(|(_, client)| client.close())).await;
    }

    /// The server whose name begins this one, and the rest.
    fn find<'a>(&self, name: &'a str, sign: &str) -> Option<(&str, &Client, &'a str)> {
        let rest = |named: &str| name.strip_prefix(named).and_then(|rest| rest.strip_prefix(sign));
        let found = self.all().filter_map(|(named, client)| Some((named, client, rest(named)?)));
        found.min_by_key(|(.., rest)| rest.len())
    }

    /// The server whose name stands in this URI, and the URI as that knows it.
    fn placed(&self, uri: &str) -> Result<(&str, &Client, String)> {
        let (scheme, path) = parted(uri);
        let (name, client, path) = self.find(path, "/").ok_or_else(|| self.unknown(uri))?;
        Ok((name, client, format!("{scheme}{path}")))
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<_> = self.all().map(|(name, _)| name).collect();
        let names = names.join(", ");
        let failed = self.failed.iter().find(|(failed, _)| name.contains(failed.as_str()));
        match failed {
            Some((failed, error)) => {
                Error::Gone(format!("{name}: the server `{failed}` is not there: {error}"))
            }
            None => Error::Gone(format!("{name} names no server; there are: {names}")),
        }
    }

    /// What all servers list, in their order.
    async fn gather<T>(&self, list: impl AsyncFn(&str, &Client) -> Result<Vec<T>>) -> Result<Vec<T>> {
        let list = &list;
        let lists = self.all().map(|(name, client)| async move {
            let listed = list(name, client).await;
            listed.map_err(|error| error.of(name))
        });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }
}

/// A URI's scheme with what parts it from the rest, and the rest.
fn parted(uri: &str) -> (&str, &str) {
    let end = uri.find("://").map(|at| at + 3).or_else(|| uri.find(':').map(|at| at + 1));
    uri.split_at(end.unwrap_or(0))
}

fn with_name(uri: &str, name: &str) -> String {
    let (scheme, path) = parted(uri);
    format!("{scheme}{name}/{path}")
}
