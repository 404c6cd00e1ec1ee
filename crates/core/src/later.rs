//! A call that waits: polled by its connection, stopped by time, by its client, or by a panic.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use tokio::time::Sleep;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::ErrorObject;

use crate::answer::{Answer, Tails};
use crate::context::Context;
use crate::handler::Work;
use crate::subject::Subject;

/// A call that is not answered yet. Dropping it stops the handler at its `await`.
pub struct Later {
    subject: Subject<'static>,
    /// None once it came to its end.
    work: Option<Pin<Box<dyn Work>>>,
    context: Option<Context>,
    dialect: &'static Dialect,
    tails: Arc<Tails>,
    /// Made at the first wait: most calls never need it.
    deadline: Option<Pin<Box<Sleep>>>,
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
        Self { subject, work: Some(work), context, dialect, tails, deadline: None }
    }

    /// What stops this call, for who does not hold it.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.context.clone())
    }

    /// Goes on with the handler; writes the result behind what `out` holds, or gives the error.
    pub fn poll(&mut self, cx: &mut task::Context<'_>, out: &mut Vec<u8>) -> Poll<Result<(), ErrorObject>> {
        let mut answer = Answer::new(out, self.dialect, &self.tails);
        answer.place = self.subject.place.clone();
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx, &mut answer)));
        let result = match polled {
            Ok(Poll::Ready(Ok(()))) => Ok(()),
            Ok(Poll::Ready(Err(error))) => self.subject.fail(error, &mut answer),
            Err(_) => self.subject.panicked(&mut answer),
            Ok(Poll::Pending) => match self.context.as_ref().and_then(|context| context.round(cx.waker())) {
                Some(Ok(questions)) => {
                    answer.questions(questions).or_else(|error| self.subject.fail(error, &mut answer))
                }
                Some(Err(error)) => self.subject.fail(error.into(), &mut answer),
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

    /// Drops the handler where it stands; whatever it holds may panic when it is dropped.
    fn stop(&mut self) {
        let work = self.work.take();
        if catch_unwind(AssertUnwindSafe(|| drop(work))).is_err() {
            tracing::error!("a value of a stopped call panicked when it was dropped");
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if self.work.is_none() {
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
