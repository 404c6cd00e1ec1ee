//! A request that the server may answer with questions first (rule C10).

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json, value::RawValue};
use toolwright_types::input::InputRequiredResult;
use toolwright_types::lifecycle::ResultType;

use crate::error::{Error, Result};
use crate::wire::{Ask, Wire, kind};

/// Asks, and answers what is asked back, until there is a result; with no rounds, nothing is answered.
pub(crate) async fn request(wire: &Wire, mut ask: Ask, rounds: usize) -> Result<Box<RawValue>> {
    let cache = &wire.inbox.cache;
    let kept = (ask.may_be_kept && wire.is_modern()).then(|| (cache.mark(), ask.params.clone()));
    if let Some(answer) = kept.as_ref().and_then(|(_, params)| cache.find(ask.method, params)) {
        return Ok(answer);
    }
    let method = ask.method;
    let first = (wire.is_modern() && rounds > 0).then(|| ask.clone());
    for round in 0..=rounds {
        let result = wire.request(ask).await?;
        match (kind(&result)?, &first) {
            (ResultType::InputRequired, Some(first)) => {
                let params = answered(wire, &first.params, &result);
                ask = Ask { params: params.await?, ..first.clone() };
            }
            (ResultType::Complete, _) => {
                // What was answered to answers is not for others (rule C21).
                if let Some((mark, params)) = kept.filter(|_| round == 0) {
                    cache.keep(mark, method, params, &result);
                }
                return Ok(result);
            }
            _ => return Ok(result),
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
