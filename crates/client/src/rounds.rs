//! A request that the server may answer with questions first (rule C10).

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json, value::RawValue};
use toolwright_types::input::InputRequiredResult;
use toolwright_types::lifecycle::ResultType;

use crate::error::{Error, Result};
use crate::wire::{Ask, Reply, Wire};

/// Asks, and answers what is asked back, until there is a result; with no rounds, nothing is answered.
pub(crate) async fn request(wire: &Wire, ask: &Ask, rounds: usize) -> Result<Reply> {
    let cache = &wire.inbox.cache;
    let mark = (ask.may_be_kept && wire.is_modern()).then(|| cache.mark());
    if mark.is_some()
        && let Some(answer) = cache.find(ask.method, &ask.params)
    {
        return Ok(Reply { kind: ResultType::Complete, result: answer });
    }
    let may_be_asked = wire.is_modern() && rounds > 0;
    // The request with the answers to what was asked back.
    let mut with_answers: Option<Box<Ask>> = None;
    for _ in 0..=rounds {
        let answer = Reply::of(wire.request(with_answers.as_deref().unwrap_or(ask)).await?)?;
        match answer.kind {
            ResultType::InputRequired if may_be_asked => {
                let params = Box::pin(answered(wire, &ask.params, &answer.result)).await?;
                with_answers = Some(Box::new(Ask { params, ..ask.clone() }));
            }
            // What was answered to answers is not for others (rule C21).
            ResultType::Complete if with_answers.is_none() => {
                if let Some(mark) = mark {
                    cache.keep(mark, ask.method, ask.params.clone(), &answer.result);
                }
                return Ok(answer);
            }
            _ => return Ok(answer),
        }
    }
    Err(Error::Invalid(format!("it asked more than {rounds} times and never answered")))
}

/// The parameters once more, with the answers to all that was asked.
async fn answered(wire: &Wire, params: &str, result: &RawValue) -> Result<String> {
    let required: InputRequiredResult =
        serde_json::from_str(result.get()).map_err(|error| Error::invalid("its questions", error))?;
    let questions = required.input_requests.unwrap_or_default();
    let answers = questions.into_iter().map(|(key, question)| async move {
        let answer = wire.inbox.handlers().respond(question).await.map_err(Error::Refused)?;
        Ok::<_, Error>((key, answer))
    });
    let answers: Map<String, Value> = try_join_all(answers).await?.into_iter().collect();
    let mut params: Map<String, Value> =
        serde_json::from_str(params).map_err(|error| Error::invalid("the parameters", error))?;
    if !answers.is_empty() {
        params.insert("inputResponses".into(), answers.into());
    }
    if let Some(state) = required.request_state {
        params.insert("requestState".into(), state.into());
    }
    Ok(json!(params).to_string())
}
