//! What a server asks in the middle of a call: answered by the command line, or by the person at the terminal.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Mutex;
use toolwright::types::elicitation::{
    ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
};

use super::field::Field;
use super::progress::Progress;
use crate::terminal::{ask, can_ask, say};

/// Who answers, and how.
pub(super) struct Questions {
    answers: Vec<(String, String)>,
    yes: bool,
    decline: bool,
    progress: Arc<Progress>,
    /// There is one terminal: one question at a time.
    turn: Mutex<()>,
}

impl Questions {
    pub(super) fn new(
        answers: Vec<(String, String)>,
        yes: bool,
        decline: bool,
        progress: Arc<Progress>,
    ) -> Self {
        Self { answers, yes, decline, progress, turn: Mutex::default() }
    }

    /// Answers one question.
    pub(super) async fn answer(&self, asked: ElicitParams) -> ElicitResult {
        let _turn = self.turn.lock().await;
        self.progress.rest();
        let (action, content) = match asked {
            ElicitParams::Form(form) => self.form(form).await,
            ElicitParams::Url(url) => (self.url(url).await, None),
            _ => (ElicitAction::Cancel, None),
        };
        self.progress.go_on();
        ElicitResult { action, content, meta: None }
    }

    async fn form(&self, form: ElicitFormParams) -> (ElicitAction, Option<Map<String, Value>>) {
        say(&format!("The server asks: {}", form.message));
        let is_answered = self.yes || !self.answers.is_empty();
        if !is_answered {
            match self.agree("Answer?", "--yes, --decline or --answer FIELD=VALUE").await {
                ElicitAction::Accept => {}
                other => return (other, None),
            }
        }
        let required = form.requested_schema.required.unwrap_or_default();
        let mut content = Map::new();
        for (name, schema) in form.requested_schema.properties {
            let is_required = required.contains(&name);
            let field = Field::new(name, schema, is_required);
            match self.value(&field).await {
                Ok(Some(value)) => {
                    content.insert(field.name, value);
                }
                Ok(None) => {}
                Err(action) => return (action, None),
            }
        }
        (ElicitAction::Accept, Some(content))
    }

    /// The value of a field, none if it stays empty, or what is done instead of sending the form.
    async fn value(&self, field: &Field) -> Result<Option<Value>, ElicitAction> {
        if let Some((_, text)) = self.answers.iter().find(|(name, _)| *name == field.name) {
            return field.read(text).map(Some).map_err(|why| {
                say(&format!("{why}; the question is cancelled"));
                ElicitAction::Cancel
            });
        }
        if !can_ask() || self.yes {
            if field.default.is_none() && field.is_required {
                let name = &field.name;
                say(&format!(
                    "nothing is known for `{name}`: give `--answer {name}=VALUE`; the question is cancelled"
                ));
                return Err(ElicitAction::Cancel);
            }
            return Ok(field.default.clone());
        }
        loop {
            let typed = ask(field.question()).await.ok_or(ElicitAction::Cancel)?;
            if typed.is_empty() && (field.default.is_some() || !field.is_required) {
                return Ok(field.default.clone());
            }
            match field.read(&typed) {
                Ok(value) => return Ok(Some(value)),
                Err(why) => say(&why),
            }
        }
    }

    async fn url(&self, asked: ElicitUrlParams) -> ElicitAction {
        say(&format!("The server asks you to open a page: {}\n  {}", asked.message, asked.url));
        if self.yes {
            return ElicitAction::Accept;
        }
        say("Look at its host before you open it. Nothing is opened for you.");
        self.agree("Will you open it?", "--yes or --decline").await
    }

    /// Yes, no, or no answer at all.
    async fn agree(&self, question: &str, options: &str) -> ElicitAction {
        if self.decline {
            return ElicitAction::Decline;
        }
        if !can_ask() {
            say(&format!(
                "nobody can be asked here, so the question is cancelled; {options} would answer it"
            ));
            return ElicitAction::Cancel;
        }
        loop {
            match ask(format!("{question} [Y]es, [n]o, [c]ancel: "))
                .await
                .map(|typed| typed.to_lowercase())
                .as_deref()
            {
                Some("" | "y" | "yes") => return ElicitAction::Accept,
                Some("n" | "no") => return ElicitAction::Decline,
                None | Some("c" | "cancel") => return ElicitAction::Cancel,
                Some(_) => {}
            }
        }
    }
}
