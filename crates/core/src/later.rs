//! A call that waits: polled by its connection, stopped by time, by its client, or by a panic.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Sleep;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::ErrorObject;
use toolwright_types::lifecycle::ResultType;

use crate::answer::{Answer, Tails};
use crate::context::Context;
use crate::dialog::{First, refused};
use crate::error::{BoxError, Error};
use crate::handler::Work;
use crate::subject::Subject;
use crate::task::{Life, TaskPlace, TaskWork, no_room};

/// A call that is not answered yet. Dropping it stops the handler at its `await`.
pub struct Later {
    subject: Subject<'static>,
    stage: Stage,
    context: Option<Context>,
    dialect: &'static Dialect,
    tails: Arc<Tails>,
    /// Made at the first wait: most calls never need it.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// What is waited for.
enum Stage {
    /// Whether the handler may have the memory of its call.
    Memory(First, Pin<Box<dyn Work>>),
    /// The handler.
    Handler(Pin<Box<dyn Work>>),
    /// What the server itself has to say, such as that the call is a task now.
    Reply(Pin<Box<dyn Future<Output = Result<Reply, ErrorObject>> + Send>>),
    /// Nothing: it came to its end.
    Over,
}

/// A result that no handler wrote.
pub(crate) struct Reply {
    pub(crate) kind: ResultType,
    pub(crate) members: Value,
}

/// Stops a call from outside: what it says from then on is not heard, and its handler is told.
#[derive(Debug)]
pub struct Canceller(Option<Context>);

impl Canceller {
    /// The call is no longer wanted; dropping it then stops an async handler.
    pub fn cancel(&self) {
        if let Some(context) = &self.0 {
            context.cancel();
        }
    }
}

impl std::fmt::Debug for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Later").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Later {
    pub(crate) fn new(
        subject: Subject<'static>,
        work: Pin<Box<dyn Work>>,
        context: Option<Context>,
        dialect: &'static Dialect,
        tails: Arc<Tails>,
    ) -> Self {
        Self { subject, stage: Stage::Handler(work), context, dialect, tails, deadline: None }
    }

    /// Lets the handler wait until it is known that the memory of its call was not used elsewhere.
    pub(crate) fn after(mut self, first: Option<First>) -> Self {
        if let Some(first) = first
            && let Stage::Handler(work) = std::mem::replace(&mut self.stage, Stage::Over)
        {
            self.stage = Stage::Memory(first, work);
        }
        self
    }

    /// A call that is answered by the server itself.
    pub(crate) fn replying(
        subject: Subject<'static>,
        work: Pin<Box<dyn Future<Output = Result<Reply, ErrorObject>> + Send>>,
        dialect: &'static Dialect,
        tails: Arc<Tails>,
    ) -> Self {
        Self { subject, stage: Stage::Reply(work), context: None, dialect, tails, deadline: None }
    }

    /// Makes it a task at once, if it has a place; else where the handler wants it.
    pub(crate) fn may_become_task(&mut self, life: Arc<Life>, place: Option<Box<dyn TaskPlace>>) {
        if let Some(context) = &self.context {
            context.set_task(&life);
        }
        if let Some(place) = place {
            self.become_task(life, place);
        }
    }

    /// From now on the handler is not this call's: dropping the call does not stop it.
    fn become_task(&mut self, life: Arc<Life>, place: Box<dyn TaskPlace>) {
        if let Some(context) = &self.context {
            // Rule X8: no progress, no log.
            context.finish();
        }
        life.begin();
        let mut handler = Self {
            subject: self.subject.clone().within(life.timeout),
            stage: std::mem::replace(&mut self.stage, Stage::Over),
            context: self.context.take(),
            dialect: self.dialect,
            tails: Arc::clone(&self.tails),
            deadline: None,
        };
        let work = TaskWork::new(life, Box::new(move |cx, out| handler.poll(cx, out)));
        let begun = place.begin(work);
        self.stage = Stage::Reply(Box::pin(async move {
            Ok(Reply { kind: ResultType::Task, members: json!(begun.await?) })
        }));
    }

    /// What stops this call, for who does not hold it.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.context.clone())
    }

    /// Goes on with the handler; writes the result behind what `out` holds, or gives the error.
    pub fn poll(&mut self, cx: &mut task::Context<'_>, out: &mut Vec<u8>) -> Poll<Result<(), ErrorObject>> {
        if let Stage::Reply(reply) = &mut self.stage {
            let reply = ready!(reply.as_mut().poll(cx));
            self.stage = Stage::Over;
            let Reply { kind, members } = reply?;
            let written = Answer::new(out, self.dialect, &self.tails).of_kind(&kind, members);
            return Poll::Ready(written.or_else(|error| self.fail(error, out)));
        }
        if let Stage::Memory(first, _) = &mut self.stage {
            let first = ready!(first.as_mut().poll(cx));
            self.recalled(first)?;
        }
        let Stage::Handler(work) = &mut self.stage else { return Poll::Pending };
        let mut answer = Answer::new(out, self.dialect, &self.tails);
        answer.place = self.subject.place.clone();
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx, &mut answer)));
        let result = match polled {
            Ok(Poll::Ready(Ok(()))) => Ok(()),
            Ok(Poll::Ready(Err(error))) => self.subject.fail(error, &mut answer),
            Err(_) => self.subject.panicked(&mut answer),
            Ok(Poll::Pending) => match self.context.as_ref().and_then(|context| context.round(cx.waker())) {
                Some(Ok(questions)) => answer
                    .of_kind(&ResultType::InputRequired, questions)
                    .or_else(|error| self.subject.fail(error, &mut answer)),
                Some(Err(error)) => self.subject.fail(error.into(), &mut answer),
                None if self.context.as_ref().is_some_and(Context::wants_task) => {
                    return self.begin_task(cx, out);
                }
                None if !is_late(&mut self.deadline, self.subject.timeout, self.context.as_ref(), cx) => {
                    return Poll::Pending;
                }
                None => {
                    if let Some(context) = &self.context {
                        context.cancel();
                    }
                    self.subject.timed_out(&mut answer)
                }
            },
        };
        if let Some(context) = &self.context {
            context.finish();
        }
        self.stop();
        Poll::Ready(result)
    }

    /// It is known whether the memory was used elsewhere.
    fn recalled(&mut self, first: Result<bool, Error>) -> Result<(), ErrorObject> {
        let refused = refused(first);
        if refused.is_err() {
            if let Some(context) = &self.context {
                context.cancel();
            }
            self.stop();
        } else if let Stage::Memory(_, work) = std::mem::replace(&mut self.stage, Stage::Over) {
            self.stage = Stage::Handler(work);
        }
        refused
    }

    /// The handler is to go on as a task, if there is room for one.
    fn begin_task(&mut self, cx: &mut task::Context<'_>, out: &mut Vec<u8>) -> Poll<Result<(), ErrorObject>> {
        let life = self.context.as_ref().and_then(Context::task).cloned();
        if let Some((life, place)) = life.and_then(|life| life.admit().map(|place| (life, place))) {
            self.become_task(life, place);
            return self.poll(cx, out);
        }
        if let Some(context) = &self.context {
            context.cancel();
        }
        self.stop();
        Poll::Ready(self.fail(no_room().into(), out))
    }

    fn fail(&self, error: BoxError, out: &mut Vec<u8>) -> Result<(), ErrorObject> {
        self.subject.fail(error, &mut Answer::new(out, self.dialect, &self.tails))
    }

    /// Drops the handler where it stands; whatever it holds may panic when it is dropped.
    fn stop(&mut self) {
        let work = std::mem::replace(&mut self.stage, Stage::Over);
        if catch_unwind(AssertUnwindSafe(|| drop(work))).is_err() {
            tracing::error!("a value of a stopped call panicked when it was dropped");
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        if let Some(context) = &self.context {
            context.cancel();
        }
        self.stop();
    }
}

/// Whether the handler took too long. While a client is to answer, it is not the handler that takes long.
fn is_late(
    deadline: &mut Option<Pin<Box<Sleep>>>,
    timeout: Duration,
    context: Option<&Context>,
    cx: &mut task::Context<'_>,
) -> bool {
    if context.is_some_and(Context::is_waiting) {
        *deadline = None;
        return false;
    }
    deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout))).as_mut().poll(cx).is_ready()
}
