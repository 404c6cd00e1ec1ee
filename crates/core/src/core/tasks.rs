//! Calls that become tasks, and what their clients ask of them.

use std::future::Future;

use serde_json::json;
use toolwright_types::lifecycle::ResultType;
use toolwright_types::tasks::{TaskIdParams, UpdateTaskParams};

use super::{
    Answer, Arc, Core, Duration, ErrorObject, Input, Later, Life, Method, Outcome, Request, Subject, code,
};
use crate::component::Tool;
use crate::error::{ToolError, reference};
use crate::later::Reply;
use crate::task::{TaskSupport, check_declared, is_declared, no_room};

impl Core {
    /// Calls a tool whose calls become tasks where the client knows them (rules X1, X2).
    pub(super) fn call_task(
        &self,
        support: TaskSupport,
        tool: &Tool,
        request: &Request<'_>,
        input: &mut Input<'_>,
        mut answer: Answer<'_>,
    ) -> Result<Outcome, ErrorObject> {
        let subject = Subject::tool(tool, self.timeout);
        if !is_declared(request) {
            if !support.required {
                return Ok(self.start(subject, &*tool.handler, input, answer));
            }
            if request.dialect.stateless {
                check_declared(request)?;
            }
            let why = ToolError::new("this client cannot wait for what takes long: it knows no tasks");
            return Ok(subject.fail(why.into(), &mut answer).into());
        }
        let Some(host) = &self.states.tasks else { return Err(kept_by_nobody()) };
        // A task has its own limit, unless the tool has one.
        let life = Life::new(host, request.principal, tool.timeout.unwrap_or(Duration::MAX));
        // Before the handler starts, which may do so on another thread.
        let place = if support.deferred { None } else { Some(life.admit()) };
        if let Some(None) = place {
            return Ok(subject.fail(no_room().into(), &mut answer).into());
        }
        let mut outcome = self.start(subject, &*tool.handler, input, answer);
        if let Outcome::Later(later) = &mut outcome {
            later.may_become_task(life, place.flatten());
        }
        Ok(outcome)
    }

    /// What is asked of a task.
    pub(super) fn task(&self, request: &Request<'_>) -> Result<Outcome, ErrorObject> {
        check_declared(request)?;
        let host = self.states.tasks.as_ref().ok_or_else(kept_by_nobody)?;
        let principal = request.principal;
        Ok(match request.method {
            Method::UpdateTask => {
                let UpdateTaskParams { task_id, input_responses, .. } = request.read()?;
                self.done(request, host.update(&task_id, principal, input_responses))
            }
            Method::CancelTask => {
                let TaskIdParams { task_id, .. } = request.read()?;
                self.done(request, host.cancel(&task_id, principal))
            }
            _ => {
                let TaskIdParams { task_id, .. } = request.read()?;
                let task = host.get(&task_id, principal);
                self.reply(request, async move { Ok(json!(task.await?)) })
            }
        })
    }

    /// Rule X8: nothing is said but that it was heard.
    fn done(
        &self,
        request: &Request<'_>,
        work: impl Future<Output = Result<(), ErrorObject>> + Send + 'static,
    ) -> Outcome {
        self.reply(request, async move { work.await.map(|()| json!({})) })
    }

    /// Rule X3.
    fn reply(
        &self,
        request: &Request<'_>,
        work: impl Future<Output = Result<serde_json::Value, ErrorObject>> + Send + 'static,
    ) -> Outcome {
        let work = Box::pin(async move { Ok(Reply { kind: ResultType::Complete, members: work.await? }) });
        let subject = Subject::prompt(request.method.name(), self.timeout).into_owned();
        Outcome::Later(Later::replying(subject, work, request.dialect, Arc::clone(&self.tails)))
    }
}

fn kept_by_nobody() -> ErrorObject {
    let reference = reference();
    tracing::error!(%reference, "there is nobody to keep a task");
    ErrorObject::new(code::INTERNAL_ERROR, format!("internal error (reference {reference})"))
}
