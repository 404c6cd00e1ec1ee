//! Works on one task from its beginning to its end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep};
use toolwright_core::error::Result;
use toolwright_core::task::TaskWork;
use toolwright_types::input::InputRequests;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::tasks::{Task, TaskStatus};

use super::running::Room;
use super::store::{TaskRecord, TaskStore, change};
use super::{POLL, broken};

/// How long a process is believed to live without a sign of it.
const LEASE: Duration = Duration::from_secs(30);
/// How often it gives one.
pub(super) const BEAT: Duration = Duration::from_secs(10);
/// How long nothing that a handler says of itself is kept after the last: clients look no more often.
const QUIET: Duration = POLL;
/// How often a change of a record is tried, if its store fails, and how long between two tries.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    store: Arc<dyn TaskStore>,
    room: Room,
    ttl: Duration,
}

/// What a worker waits for besides its handler.
struct Timers<'a> {
    late: Pin<&'a mut Sleep>,
    beat: Pin<&'a mut Sleep>,
    /// Over when the handler may be heard again.
    quiet: Pin<&'a mut Sleep>,
}

/// What a worker has to see to.
enum Event {
    /// The handler came to its end.
    Finished(std::result::Result<(), ErrorObject>),
    /// It asks, or no longer asks, so much.
    Asks(InputRequests),
    /// It said how it stands.
    Says(String),
    /// The record has something for the task.
    Poked,
    /// A sign of life is due.
    Beat,
    /// The server ends.
    Ended,
    /// The task's time is over.
    Late,
}

impl Worker {
    pub(super) fn new(store: Arc<dyn TaskStore>, room: Room, ttl: Duration) -> Self {
        Self { store, room, ttl }
    }

    /// Keeps the task, says that it has begun, and works on it.
    pub(super) async fn run(
        self,
        record: TaskRecord,
        work: TaskWork,
        begun: oneshot::Sender<std::result::Result<Task, ErrorObject>>,
    ) {
        let (id, worker) = (record.task.task_id.clone(), record.worker.clone());
        let late = sleep(self.ttl);
        if let Err(error) = self.keep(record.clone()).await {
            // Who called may be gone.
            let _ = begun.send(Err(broken(error)));
            return;
        }
        let end = if begun.send(Ok(record.task)).is_ok() {
            self.work(&id, &worker, work, late).await
        } else {
            // Nobody knows the id.
            drop(work);
            Ok(End::Cancelled)
        };
        let end = end.unwrap_or_else(|error| {
            tracing::error!(?error, "a task was given up");
            End::Failed(ErrorObject::new(code::INTERNAL_ERROR, "the task could not be kept"))
        });
        // This process may live on, and so nobody else would say that it is over.
        while let Err(error) = self.change(&id, |record| end.write(record)).await {
            tracing::error!(?error, "the end of a task could not be kept");
            if self.room.orders.is_ended() {
                return;
            }
        }
    }

    /// Changes the record: a store may be away for a moment.
    async fn change(
        &self,
        id: &str,
        mut one: impl FnMut(&mut TaskRecord) -> bool + Send,
    ) -> Result<Option<TaskRecord>> {
        let mut tries = 1;
        loop {
            match change(&*self.store, id, &mut one).await {
                Err(error) if tries < TRIES => tracing::warn!(?error, "a task could not be kept yet"),
                changed => return changed,
            }
            tries += 1;
            sleep(PAUSE).await;
        }
    }

    async fn keep(&self, record: TaskRecord) -> Result {
        self.store.renew(&record.worker, LEASE).await?;
        self.store.create(record).await
    }

    /// Works until there is an end; then the handler is dropped.
    async fn work(&self, id: &str, worker: &str, mut work: TaskWork, late: Sleep) -> Result<End> {
        let (late, beat, quiet) = (pin!(late), pin!(sleep(BEAT)), pin!(sleep(Duration::ZERO)));
        let mut timers = Timers { late, beat, quiet };
        let mut out = Vec::new();
        loop {
            let event = poll_fn(|cx| self.poll(&mut work, &mut timers, &mut out, cx)).await;
            match event {
                Event::Finished(Ok(())) => return Ok(End::Done(serde_json::from_slice(&out)?)),
                Event::Finished(Err(error)) => return Ok(End::Failed(error)),
                Event::Asks(questions) => {
                    self.change(id, |record| record.ask(questions.clone())).await?;
                }
                Event::Says(message) => {
                    // The next one may come through.
                    if let Err(error) = change(&*self.store, id, |record| record.say(&message)).await {
                        tracing::warn!(?error, "what a task said of itself was lost");
                    }
                    timers.quiet.as_mut().reset(Instant::now() + QUIET);
                }
                Event::Poked => {
                    let mut answers = Map::new();
                    let take = |record: &mut TaskRecord| {
                        let taken = std::mem::take(&mut record.answers);
                        let is_any = !taken.is_empty();
                        // Those of a try that only seemed to fail are not there any more.
                        answers.extend(taken);
                        is_any
                    };
                    match self.change(id, take).await? {
                        Some(record) if !record.cancel => work.answer(answers),
                        _ => return Ok(End::Cancelled),
                    }
                }
                Event::Beat => {
                    // The next one may come through.
                    if let Err(error) = self.store.renew(worker, LEASE).await {
                        tracing::warn!(?error, "a task's sign of life was lost");
                    }
                    timers.beat.as_mut().reset(Instant::now() + BEAT);
                }
                Event::Ended => {
                    let error = ErrorObject::new(code::INTERNAL_ERROR, "the server was stopped");
                    return Ok(End::Failed(error));
                }
                Event::Late => {
                    let error = ErrorObject::new(code::INTERNAL_ERROR, "the task's time is over");
                    return Ok(End::Failed(error));
                }
            }
        }
    }

    fn poll(
        &self,
        work: &mut TaskWork,
        timers: &mut Timers<'_>,
        out: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<Event> {
        let orders = &self.room.orders;
        orders.wake(cx.waker());
        if orders.take_poked() {
            return Poll::Ready(Event::Poked);
        }
        if orders.is_ended() {
            return Poll::Ready(Event::Ended);
        }
        if let Poll::Ready(result) = work.poll(cx, out) {
            return Poll::Ready(Event::Finished(result));
        }
        if let Some(questions) = work.questions() {
            return Poll::Ready(Event::Asks(questions));
        }
        if timers.late.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Late);
        }
        if work.has_said()
            && timers.quiet.as_mut().poll(cx).is_ready()
            && let Some(message) = work.take_said()
        {
            return Poll::Ready(Event::Says(message));
        }
        timers.beat.as_mut().poll(cx).map(|()| Event::Beat)
    }
}

/// How a task ended.
enum End {
    Done(Map<String, Value>),
    Failed(ErrorObject),
    Cancelled,
}

impl End {
    fn write(&self, record: &mut TaskRecord) -> bool {
        match self {
            Self::Done(result) => record.finish(Ok(result.clone())),
            Self::Failed(error) => record.finish(Err(error.clone())),
            Self::Cancelled => record.end(TaskStatus::Cancelled),
        }
        true
    }
}
