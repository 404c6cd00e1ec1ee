//! What a task asks: each question once, by its key (rules X7 and X11).

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, BoxFuture, abortable};
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use toolwright_types::input::{InputRequest, InputRequests};
use toolwright_types::jsonrpc::ErrorObject;

use crate::client::Client;
use crate::error::{Error, Result};

/// An answer, and the key of its question.
pub(super) type Answer = (String, Result<Value, ErrorObject>);

#[derive(Default)]
pub(super) struct Questions {
    asked: BTreeMap<String, Asked>,
    answering: FuturesUnordered<BoxFuture<'static, Option<Answer>>>,
    /// How often something new was asked.
    rounds: usize,
}

struct Asked {
    question: InputRequest,
    state: State,
}

enum State {
    Answering(AbortHandle),
    /// It was no longer asked before there was an answer.
    TakenBack,
    /// It is answered; and when it was first seen to be gone.
    Answered(Option<String>),
}

impl Questions {
    /// Whether somebody is being asked something.
    pub(super) fn is_asking(&self) -> bool {
        self.asked.values().any(|asked| matches!(asked.state, State::Answering(_)))
    }

    /// Asks what is new of this, and takes back what is not asked any more.
    pub(super) fn take(&mut self, open: &InputRequests, stamp: &str, client: &Client) -> Result {
        for (key, asked) in &mut self.asked {
            match (&asked.state, open.get(key)) {
                (_, Some(question)) if *question != asked.question => {
                    return Err(Error::Invalid(format!("a task asks something else under the key {key:?}")));
                }
                (State::Answering(abort), None) => {
                    abort.abort();
                    asked.state = State::TakenBack;
                }
                (State::Answered(None), None) => asked.state = State::Answered(Some(stamp.to_owned())),
                (State::Answered(Some(gone)), Some(_)) if is_later(stamp, gone) => {
                    return Err(Error::Invalid(format!("a task asks a second time under the key {key:?}")));
                }
                _ => {}
            }
        }
        let is_new =
            |key: &String| self.asked.get(key).is_none_or(|asked| matches!(asked.state, State::TakenBack));
        let new: Vec<_> = open.iter().filter(|(key, _)| is_new(key)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let most = client.0.options.rounds;
        if self.rounds >= most {
            return Err(Error::Invalid(format!("a task asked more than {most} times and did not end")));
        }
        self.rounds += 1;
        for (key, question) in new {
            self.ask(key, question, client);
        }
        Ok(())
    }

    fn ask(&mut self, key: &str, question: &InputRequest, client: &Client) {
        let (inbox, key, asked) = (client.wire().inbox, key.to_owned(), question.clone());
        let named = key.clone();
        let (answer, abort) = abortable(async move { (named, inbox.handlers().respond(asked).await) });
        self.asked.insert(key, Asked { question: question.clone(), state: State::Answering(abort) });
        self.answering.push(Box::pin(async move { answer.await.ok() }));
    }

    /// The next answer; never ready when nobody is asked.
    pub(super) async fn answer(&mut self) -> Answer {
        loop {
            let next = self.answering.next();
            match next.await {
                Some(Some((key, answer))) => {
                    if let Some(asked) = self.asked.get_mut(&key) {
                        asked.state = State::Answered(None);
                    }
                    return (key, answer);
                }
                Some(None) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

/// Whether one time stamp is later than another, so far as texts of one form tell.
pub(super) fn is_later(stamp: &str, other: &str) -> bool {
    stamp.len() == other.len() && stamp > other
}
