//! The tools that ask the user, the model, and where the client works.

use toolwright::prelude::*;
use toolwright::types::sampling::CreateMessageParams;
use toolwright::{Elicited, Toolset};

pub(crate) fn tools() -> impl Toolset {
    toolset![
        test_sampling,
        test_elicitation,
        test_elicitation_sep1034_defaults,
        test_elicitation_sep1330_enums,
        test_input_required_result_elicitation,
        test_input_required_result_sampling,
        test_input_required_result_list_roots,
        test_input_required_result_request_state,
        test_input_required_result_multiple_inputs,
        test_input_required_result_multi_round,
        test_input_required_result_tampered_state,
        test_input_required_result_capabilities,
        test_input_required_result_prompt,
    ]
}

/// What became of a form.
fn told<T: Serialize>(elicited: Elicited<T>) -> Result<String> {
    let (action, content) = match elicited {
        Elicited::Accepted(content) => ("accept", serde_json::to_string(&content)?),
        Elicited::Declined => ("decline", "{}".into()),
        Elicited::Cancelled => ("cancel", "{}".into()),
    };
    Ok(format!("Elicitation completed: action={action}, content={content}"))
}

/// Asks the client's model.
#[tool]
async fn test_sampling(prompt: String, ctx: Context) -> Result<String> {
    let answer = ctx.sample(CreateMessageParams::text(prompt, 100)).await?;
    Ok(format!("LLM response: {}", answer.text()))
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct User {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

/// Asks the user.
#[tool]
async fn test_elicitation(message: String, ctx: Context) -> Result<String> {
    told(ctx.elicit::<User>(message).await?)
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Inactive,
    Pending,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Defaults {
    name: String,
    age: u8,
    score: f64,
    status: Status,
    verified: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { name: "John Doe".into(), age: 30, score: 95.5, status: Status::Active, verified: true }
    }
}

/// Asks with an answer to everything.
#[tool]
async fn test_elicitation_sep1034_defaults(ctx: Context) -> Result<String> {
    told(ctx.elicit::<Defaults>("Please review and update the form fields with defaults").await?)
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Untitled {
    Option1,
    Option2,
    Option3,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Titled {
    /// First Option
    Value1,
    /// Second Option
    Value2,
    /// Third Option
    Value3,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("enumNames" = ["Option One", "Option Two", "Option Three"]))]
enum Older {
    Opt1,
    Opt2,
    Opt3,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Choices {
    untitled_single: Untitled,
    titled_single: Titled,
    legacy_enum: Older,
    untitled_multi: Vec<Untitled>,
    titled_multi: Vec<Titled>,
}

/// Asks for choices of every kind.
#[tool]
async fn test_elicitation_sep1330_enums(ctx: Context) -> Result<String> {
    told(ctx.elicit::<Choices>("Please select options from the enum fields").await?)
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Name {
    pub(crate) name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Colour {
    color: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Sure {
    ok: bool,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct About {
    context: String,
}

/// Asks for a name.
#[tool]
async fn test_input_required_result_elicitation(ctx: Context) -> Result<String> {
    let name = ctx.elicit::<Name>("What is your name?").named("user_name").await?;
    Ok(name.accepted().map_or("Nobody is greeted.".into(), |Name { name }| format!("Hello, {name}!")))
}

/// Asks the model for a capital.
#[tool]
async fn test_input_required_result_sampling(ctx: Context) -> Result<String> {
    let question = CreateMessageParams::text("What is the capital of France?", 100);
    Ok(ctx.sample(question).named("capital_question").await?.text())
}

/// Asks where the client works.
#[tool]
async fn test_input_required_result_list_roots(ctx: Context) -> Result<Vec<String>> {
    let roots = ctx.roots().named("client_roots").await?;
    Ok(roots.into_iter().map(|root| root.uri).collect())
}

/// Remembers something while it asks.
#[tool]
async fn test_input_required_result_request_state(ctx: Context) -> Result<&'static str> {
    let remembered = ctx.step("remember", async { Ok(7) }).await?;
    let sure = ctx.elicit::<Sure>("Please confirm").named("confirm").await?.accepted();
    Ok(if remembered == 7 && sure.is_some_and(|sure| sure.ok) { "state-ok" } else { "not confirmed" })
}

/// Asks three things at once.
#[tool]
async fn test_input_required_result_multiple_inputs(ctx: Context) -> Result<String> {
    let greeting = CreateMessageParams::text("Generate a greeting", 50);
    let (name, greeting, roots) = tokio::try_join!(
        ctx.elicit::<Name>("What is your name?").named("user_name"),
        ctx.sample(greeting).named("greeting"),
        ctx.roots().named("client_roots"),
    )?;
    let name = name.accepted().map_or_else(|| "nobody".into(), |Name { name }| name);
    Ok(format!("{} {name}, with {} roots", greeting.text(), roots.len()))
}

/// Asks one thing after the other.
#[tool]
async fn test_input_required_result_multi_round(ctx: Context) -> Result<String> {
    let name = ctx.elicit::<Name>("Step 1: What is your name?").named("step1").await?.accepted();
    let colour =
        ctx.elicit::<Colour>("Step 2: What is your favorite color?").named("step2").await?.accepted();
    let name = name.map_or_else(|| "Nobody".into(), |Name { name }| name);
    Ok(format!("{name} likes {}.", colour.map_or_else(|| "nothing".into(), |Colour { color }| color)))
}

/// Asks, and trusts only what it sealed itself.
#[tool]
async fn test_input_required_result_tampered_state(ctx: Context) -> Result<&'static str> {
    let sure = ctx.elicit::<Sure>("Please confirm").named("confirm").await?;
    Ok(if sure.accepted().is_some_and(|sure| sure.ok) { "confirmed" } else { "not confirmed" })
}

/// Asks only what the client can answer.
#[tool]
async fn test_input_required_result_capabilities(ctx: Context) -> Result<String> {
    if ctx.can_elicit() {
        return told(ctx.elicit::<Name>("What is your name?").await?);
    }
    if ctx.client_capabilities().sampling.is_some() {
        return Ok(ctx.sample(CreateMessageParams::text("Say a name", 20)).await?.text());
    }
    Ok("There is nobody to ask.".into())
}

/// A prompt that asks what it is about.
#[prompt]
async fn test_input_required_result_prompt(ctx: Context) -> Result<String> {
    let about = ctx.elicit::<About>("What context should the prompt use?").named("user_context").await?;
    Ok(about
        .accepted()
        .map_or("Talk about anything.".into(), |About { context }| format!("Talk about {context}.")))
}
