//! Tools that ask, and clients that answer: one handler, every version.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use toolwright::client::{Error as ClientError, ErrorObject, Options};
use toolwright::prelude::*;
use toolwright::types::elicitation::{ElicitAction, ElicitParams, ElicitResult};
use toolwright::types::sampling::{CreateMessageParams, CreateMessageResult};
use toolwright::types::version::ProtocolVersion;
use toolwright::{Client, Elicited, KeyRing, Limits, Service};

use super::ways;

/// A refund.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Refund {
    /// Why the money goes back.
    #[schemars(length(min = 1))]
    reason: String,
    #[serde(default)]
    amount: u32,
}

/// How often something happened.
#[derive(Default)]
struct Counts {
    runs: AtomicUsize,
    placed: AtomicUsize,
}

/// Asks twice, with a side effect before and between.
#[tool]
async fn order(item: String, counts: State<Arc<Counts>>, ctx: Context) -> Result<String> {
    counts.runs.fetch_add(1, Ordering::Relaxed);
    let place = async { Ok(counts.placed.fetch_add(1, Ordering::Relaxed) + 1) };
    let number = ctx.step("place", place).await?;
    let wrapped = ctx.confirm(format!("Wrap {item} as a gift?")).await?;
    Ok(match ctx.elicit::<Refund>("A refund?").await? {
        Elicited::Accepted(refund) => format!("{number}: {wrapped}, {} for {}", refund.amount, refund.reason),
        Elicited::Declined => format!("{number}: {wrapped}, declined"),
        Elicited::Cancelled => format!("{number}: {wrapped}, cancelled"),
    })
}

/// Asks three parties at once.
#[tool]
async fn everybody(ctx: Context) -> Result<String> {
    let (sure, said, roots) = tokio::try_join!(
        ctx.confirm("Sure?"),
        ctx.sample(CreateMessageParams::text("Say hello", 10)),
        ctx.roots(),
    )?;
    Ok(format!("{sure}, {}, {}", said.text(), roots[0].uri))
}

/// Sends the user elsewhere.
#[tool]
async fn sign_in(ctx: Context) -> Result<String> {
    let opened = ctx.elicit_url("Sign in", "https://example.com/sign-in").await?;
    Ok(format!("{opened:?}"))
}

/// Asks from a task of its own.
#[tool]
async fn aside(ctx: Context) -> Result<bool> {
    tokio::spawn(async move { ctx.confirm("Sure?").await }).await?
}

/// Never has enough.
#[tool]
async fn insatiable(ctx: Context) -> Result<String> {
    for number in 0..1000 {
        let _ = ctx.confirm(format!("Number {number}?")).await?;
    }
    Ok("enough".into())
}

/// A resource that asks.
#[resource("ask://name")]
async fn name(ctx: Context) -> Result<String> {
    Ok(format!("{}", ctx.confirm("Show it?").await?))
}

/// A prompt that asks.
#[prompt]
async fn poem(ctx: Context) -> Result<String> {
    Ok(format!("Sure: {}", ctx.confirm("A poem?").await?))
}

fn server() -> (Server, Arc<Counts>) {
    let counts = Arc::<Counts>::default();
    let tools = toolset![order, everybody, sign_in, aside, insatiable, name, poem];
    (Server::new("asking").tools(tools).state(Arc::clone(&counts)), counts)
}

fn service() -> Service {
    server().0.build().unwrap()
}

/// A client whose user answers every form so.
fn answering(options: Options, action: ElicitAction, content: &Value) -> Options {
    let content: Option<Map<String, Value>> = content.as_object().cloned();
    options.on_elicit(move |params| {
        let content = content.clone().filter(
            |_| matches!(&params, ElicitParams::Form(form) if !form.requested_schema.properties.is_empty()),
        );
        async move { Ok(ElicitResult { action, content, meta: None }) }
    })
}

fn accepting(options: Options) -> Options {
    answering(options, ElicitAction::Accept, &json!({"reason": "late", "amount": 5}))
}

/// The versions in which a user can be asked.
fn asking_ways() -> impl Iterator<Item = (Options, ProtocolVersion)> {
    ways().into_iter().filter(|(_, version)| version.as_str() >= "2025-06-18")
}

/// Rules S31 to S35 and G5: the author never knows how the client is asked, and a side effect happens once.
#[tokio::test(start_paused = true)]
async fn one_handler_asks_every_client() {
    for (options, version) in asking_ways() {
        let (server, counts) = server();
        let client = accepting(options).connect(server.build().unwrap()).await.unwrap();
        let said: String = client.call("order", json!({"item": "tea"})).await.unwrap();
        assert_eq!(said, "1: true, 5 for late", "{version}");
        assert_eq!(counts.placed.load(Ordering::Relaxed), 1, "once, in {version}");
        let runs = if version <= ProtocolVersion::LATEST_LEGACY { 1 } else { 3 };
        assert_eq!(counts.runs.load(Ordering::Relaxed), runs, "{version}: one run for each round");
    }
}

/// Rule S76.
#[tokio::test(start_paused = true)]
async fn a_no_is_an_answer() {
    for (action, said) in [(ElicitAction::Decline, "declined"), (ElicitAction::Cancel, "cancelled")] {
        for (options, version) in asking_ways() {
            let client = answering(options, action, &Value::Null).connect(service()).await.unwrap();
            let told: String = client.call("order", json!({"item": "tea"})).await.unwrap();
            assert_eq!(told, format!("1: false, {said}"), "{version}");
        }
    }
}

/// Rule S79: what does not fit the form is not given to the handler.
#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_is_told() {
    for content in [json!({}), json!({"reason": ""}), json!({"reason": "x", "amount": "many"})] {
        for (options, version) in asking_ways() {
            let client = answering(options, ElicitAction::Accept, &content).connect(service()).await.unwrap();
            let error = client.call::<String>("order", json!({"item": "tea"})).await.unwrap_err();
            assert!(error.to_string().contains("does not fit the form"), "{version}: {error}");
        }
    }
}

/// Rule S14: who cannot be asked is told what is missing.
#[tokio::test(start_paused = true)]
async fn a_client_that_cannot_be_asked_is_told_what_is_missing() {
    for (options, version) in ways() {
        let client = options.connect(service()).await.unwrap();
        for (tool, arguments) in
            [("order", json!({"item": "tea"})), ("everybody", json!({})), ("sign_in", json!({}))]
        {
            let error = client.call::<String>(tool, arguments).await.unwrap_err();
            assert!(error.to_string().contains("capability `elicitation"), "{version}: {error}");
            let code = (version > ProtocolVersion::LATEST_LEGACY).then_some(-32021);
            assert_eq!(error.code(), code, "{version}");
            if let ClientError::Refused(error) = &error {
                let needed = &error.data.as_ref().unwrap()["requiredCapabilities"]["elicitation"];
                let expected = if tool == "sign_in" { json!({"url": {}}) } else { json!({}) };
                assert_eq!(*needed, expected, "{tool}");
            }
        }
    }
}

/// Questions that are asked together are answered together.
#[tokio::test(start_paused = true)]
async fn several_are_asked_at_once() {
    for (options, version) in asking_ways() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let options =
            accepting(options).roots(["file:///home"]).on_sample(move |params: CreateMessageParams| {
                seen.lock().unwrap().push(params.max_tokens);
                let answer =
                    json!({"role": "assistant", "content": {"type": "text", "text": "hello"}, "model": "m"});
                async move { Ok::<CreateMessageResult, ErrorObject>(serde_json::from_value(answer).unwrap()) }
            });
        let client = options.connect(service()).await.unwrap();
        let said: String = client.call("everybody", json!({})).await.unwrap();
        assert_eq!(said, "true, hello, file:///home", "{version}");
        assert_eq!(*asked.lock().unwrap(), [10]);
    }
}

/// Rules S72 and G21: an id is what 2025-11-25 wants, and nobody else.
#[tokio::test(start_paused = true)]
async fn a_url_is_opened() {
    for (options, version) in asking_ways().filter(|(_, version)| version.as_str() >= "2025-11-25") {
        let options = options.on_elicit(move |params| async move {
            let ElicitParams::Url(url) = params else { panic!("a URL") };
            assert_eq!(url.url, "https://example.com/sign-in");
            assert_eq!(url.elicitation_id.is_some(), version <= ProtocolVersion::LATEST_LEGACY);
            Ok(ElicitResult { action: ElicitAction::Accept, content: None, meta: None })
        });
        let client = options.connect(service()).await.unwrap();
        let said: String = client.call("sign_in", json!({})).await.unwrap();
        assert_eq!(said, "Accepted(())", "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn resources_prompts_and_tasks_of_a_tool_ask_too() {
    for (options, version) in asking_ways() {
        let client = accepting(options).connect(service()).await.unwrap();
        let read = client.read_resource("ask://name").await.unwrap();
        assert!(format!("{read:?}").contains("\"true\""), "{version}: {read:?}");
        let prompt = client.get_prompt("poem", [("", ""); 0]).await.unwrap();
        assert!(format!("{prompt:?}").contains("Sure: true"), "{version}: {prompt:?}");
        assert!(client.call::<bool>("aside", json!({})).await.unwrap(), "{version}");
    }
}

/// `Limits::rounds`: at the limit, and one more.
#[tokio::test(start_paused = true)]
async fn a_call_asks_so_often() {
    for (rounds, is_enough) in [(1, false), (2, true), (3, true)] {
        let limits = Limits { rounds, ..Limits::default() };
        let client =
            accepting(Client::options()).connect(server().0.limits(limits).build().unwrap()).await.unwrap();
        let told = client.call::<String>("order", json!({"item": "tea"})).await;
        assert_eq!(told.is_ok(), is_enough, "{rounds}: {told:?}");
        let error = client.call::<String>("insatiable", json!({})).await.unwrap_err();
        assert!(error.to_string().contains(&format!("more than {rounds} rounds")), "{error}");
    }
}

/// `Limits::state`: a memory of so many bytes, and of one more.
#[tokio::test(start_paused = true)]
async fn a_call_remembers_so_much() {
    let outcome = async |state| {
        let limits = Limits { state, ..Limits::default() };
        let client =
            accepting(Client::options()).connect(server().0.limits(limits).build().unwrap()).await.unwrap();
        client.call::<String>("order", json!({"item": "tea"})).await.is_ok()
    };
    let mut least = 16;
    while !outcome(least).await {
        least += 1;
        assert!(least < 1000);
    }
    assert!(!outcome(least - 1).await && outcome(least + 1).await);
}

/// `Limits::ask`: the time of who is asked, not of the handler.
#[tokio::test(start_paused = true)]
async fn a_user_has_more_time_than_a_handler() {
    let limits = Limits { ask: Duration::from_secs(300), call: Duration::from_secs(1), ..Limits::default() };
    for (slow, answers) in [(299, true), (301, false)] {
        let (options, version) =
            ways().into_iter().find(|(_, version)| version.as_str() == "2025-11-25").unwrap();
        let options = options.timeout(Duration::from_secs(1000)).on_elicit(move |_| async move {
            let _ = tokio::time::timeout(Duration::from_secs(slow), std::future::pending::<()>()).await;
            Ok(ElicitResult { action: ElicitAction::Accept, content: None, meta: None })
        });
        let service = server().0.limits(limits.clone()).build().unwrap();
        let client = options.connect(service).await.unwrap();
        let answer = client.call::<bool>("aside", json!({})).await;
        assert_eq!(answer.is_ok(), answers, "{version} {slow}: {answer:?}");
    }
}

/// A user of another server of the same keys can go on there; without them nobody can.
#[tokio::test(start_paused = true)]
async fn a_call_goes_on_at_another_instance() {
    use crate::peer::{Peer, code, modern, text};
    let keys = || KeyRing::new([[7; 32]]).unwrap();
    let build = |keys: Option<KeyRing>| {
        let (server, counts) = server();
        (keys.into_iter().fold(server, Server::keys).build().unwrap(), counts)
    };
    let ask_for = |item: &str, more: &Value| {
        let capabilities = json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}});
        let mut params = json!({"name": "order", "arguments": {"item": item}, "_meta": capabilities});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        modern(1, "tools/call", params)
    };
    let ask = |more: Value| ask_for("tea", &more);
    let (first, placed) = build(Some(keys()));
    let mut peer = Peer::new(&first);
    peer.send(&ask(json!({}))).await;
    let asked = peer.answer(&json!(1)).await;
    let state = asked["result"]["requestState"].clone();
    let answers = json!({"confirm-1": {"action": "accept"}, "unknown": {"action": "accept"}});
    let retry = json!({"inputResponses": answers, "requestState": state});
    let (second, placed_there) = build(Some(keys()));
    let mut other = Peer::new(&second);
    other.send(&ask(retry.clone())).await;
    let next = other.answer(&json!(1)).await;
    assert!(next["result"]["inputRequests"]["form-2"].is_object(), "{next}");
    assert_eq!((placed.placed.load(Ordering::Relaxed), placed_there.placed.load(Ordering::Relaxed)), (1, 0));
    other.send(&ask(retry.clone())).await;
    assert_eq!(code(&other.answer(&json!(1)).await), -32602, "it was used");
    let mut stranger = Peer::new(&build(None).0);
    stranger.send(&ask(retry.clone())).await;
    assert_eq!(code(&stranger.answer(&json!(1)).await), -32602);
    // Of another call: the arguments are not those that were asked about.
    peer.send(&ask_for("gold", &retry)).await;
    assert_eq!(code(&peer.answer(&json!(1)).await), -32602);
    let declined = json!({"inputResponses": {"form-2": {"action": "decline"}}, "requestState": next["result"]["requestState"]});
    peer.send(&ask(declined)).await;
    assert_eq!(text(&peer.answer(&json!(1)).await), "1: true, declined");
    let broken = json!({"inputResponses": {"confirm-1": 5}});
    peer.send(&ask(broken)).await;
    assert_eq!(code(&peer.answer(&json!(1)).await), -32602);
}

/// A thousand users are asked at once over HTTP, and each gets its own answer.
#[cfg(feature = "client-http")]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_are_asked_at_once() {
    /// Says back what its user says.
    #[tool]
    async fn parrot(number: u32, ctx: Context) -> Result<String> {
        let said = ctx.elicit::<Refund>(format!("{number}")).await?;
        Ok(format!("{number}: {}", said.accepted().map_or_else(String::new, |refund| refund.reason)))
    }
    // A busy machine may take its time: this is about who gets which answer.
    let time = Duration::from_secs(600);
    let limits =
        Limits { requests: 4096, in_flight: 4096, header_time: time, body_time: time, ..Limits::default() };
    let service = Server::new("parrot").tools(toolset![parrot]).limits(limits).build().unwrap();
    let (url, _stop) = super::http::serving(&service, toolwright::Http::new("127.0.0.1:0")).await;
    for version in [ProtocolVersion::LATEST_LEGACY, ProtocolVersion::LATEST] {
        let options = Client::options().version(version).timeout(time).on_elicit(|params| async move {
            let ElicitParams::Form(form) = params else { panic!("a form") };
            let content = json!({"reason": format!("said {}", form.message)});
            Ok(ElicitResult {
                action: ElicitAction::Accept,
                content: content.as_object().cloned(),
                meta: None,
            })
        });
        let client = options.connect(url.as_str()).await.unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..1000 {
            let client = client.clone();
            calls.spawn(
                async move { (number, client.call::<String>("parrot", json!({"number": number})).await) },
            );
        }
        while let Some(done) = calls.join_next().await {
            let (number, said) = done.unwrap();
            assert_eq!(said.unwrap(), format!("{number}: said {number}"), "{version}");
        }
    }
}

/// What a client may send instead of an answer changes nothing.
#[tokio::test(start_paused = true)]
async fn a_client_that_refuses_is_told_of() {
    for (options, version) in asking_ways() {
        let options = options.on_elicit(|_| async { Err(ErrorObject::new(-1, "not now")) });
        let client = options.connect(service()).await.unwrap();
        let error = client.call::<String>("order", json!({"item": "tea"})).await.unwrap_err();
        let is_ours = matches!(&error, ClientError::Refused(error) if error.message == "not now");
        assert!(is_ours || error.to_string().contains("refused"), "{version}: {error}");
    }
}
