//! The wait for a task's end: told or looked for, with answers to what is asked meanwhile (rule X11).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};
use toolwright_types::method::Method;
use toolwright_types::progress::{ProgressParams, ProgressToken};
use toolwright_types::tasks::Task;

use super::RemoteTask;
use super::ear::Ear;
use super::questions::{Answer, Questions, is_later};
use crate::error::{Error, Result};
use crate::handlers::Handlers;
use crate::pause::pause;
use crate::wire::Reply;

/// How long to wait between two looks at a task whose server does not say; and what is too short or too long to be meant.
const POLL: (Duration, Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(10 * 60));
/// The same for a task that we are told of: what was told may be lost.
const TOLD: Duration = Duration::from_secs(30);
/// How often in succession a server may be out of reach: its task goes on.
const TRIES: u32 = 8;

struct Follow<'a> {
    task: &'a RemoteTask,
    ear: Ear,
    questions: Questions,
    /// When it has taken too long.
    end: Instant,
    interval: Duration,
    /// The newest time stamp.
    stamp: String,
    /// What it last said of itself, and how often that was something new.
    said: (Option<String>, u32),
}

impl RemoteTask {
    /// Waits for its end.
    pub(super) async fn ended(&self) -> Result<Task> {
        let mut follow = Follow {
            task: self,
            ear: Ear::open(&self.client, &self.id).await,
            questions: Questions::default(),
            end: Instant::now() + self.timeout,
            interval: POLL.1,
            stamp: String::new(),
            said: (None, 0),
        };
        // What its end brings need not be told at its beginning.
        let mut known = self.first.clone().filter(|first| !first.status.is_final());
        loop {
            let task = match known {
                Some(task) => task,
                None => Arc::new(follow.look().await?),
            };
            if task.status.is_final() {
                return Ok(Arc::unwrap_or_clone(task));
            }
            follow.heed(&task)?;
            known = follow.next().await?;
        }
    }
}

impl Follow<'_> {
    /// Learns how the task stands.
    fn heed(&mut self, task: &Task) -> Result {
        let wanted = task.poll_interval_ms.map_or(POLL.1, Duration::from_millis);
        self.interval = wanted.clamp(POLL.0, POLL.2);
        self.stamp.clone_from(&task.last_updated_at);
        if let (Some(hear), Some(message)) = (&self.task.progress, &task.status_message)
            && self.said.0.as_ref() != Some(message)
        {
            self.said = (Some(message.clone()), self.said.1 + 1);
            let step = ProgressParams {
                progress_token: ProgressToken::String(task.task_id.clone()),
                progress: self.said.1.into(),
                total: None,
                message: Some(message.clone()),
                meta: None,
            };
            Handlers::tell(hear.as_ref(), step);
        }
        let none = Default::default();
        let open = task.input_requests.as_ref().unwrap_or(&none);
        self.questions.take(open, &task.last_updated_at, &self.task.client)
    }

    /// Waits until something is told, or for as long as there is no need to look.
    async fn next(&mut self) -> Result<Option<Arc<Task>>> {
        let since = Instant::now();
        loop {
            let rest = if self.ear.is_told() { self.interval.max(TOLD) } else { self.interval };
            let (began, is_asking) = (Instant::now(), self.questions.is_asking());
            if began >= self.end && !is_asking {
                return Err(Error::TimedOut(self.task.timeout));
            }
            let look = since + rest;
            let look = if is_asking { look } else { look.min(self.end) };
            let event = tokio::select! {
                biased;
                told = self.ear.hear() => Event::Told(told),
                answer = self.questions.answer() => Event::Answer(answer),
                () = sleep_until(look) => Event::Told(None),
            };
            if is_asking {
                // The time that a user takes does not count.
                self.end += began.elapsed();
            }
            match event {
                // What comes late is not how it stands.
                Event::Told(Some(task))
                    if !task.status.is_final() && is_later(&self.stamp, &task.last_updated_at) => {}
                Event::Told(told) => return Ok(told),
                Event::Answer((key, answer)) => self.answer(key, answer.map_err(Error::Refused)?).await?,
            }
        }
    }

    async fn look(&mut self) -> Result<Task> {
        let params = json!({"taskId": self.task.id});
        let found = self.insist(Method::GetTask, &params).await?;
        self.task.read(&found)
    }

    async fn answer(&mut self, key: String, answer: Value) -> Result {
        let params = json!({"taskId": self.task.id, "inputResponses": {key: answer}});
        let heard = self.insist(Method::UpdateTask, &params).await?;
        heard.read::<Value>().map(drop)
    }

    /// Asks again when the server is out of reach for a time: the task goes on there.
    async fn insist(&mut self, method: Method, params: &Value) -> Result<Reply> {
        let mut failures = 0;
        loop {
            match self.task.ask(method, params).await {
                Err(Error::Gone(_) | Error::TimedOut(_)) if failures < TRIES && self.may_come_back() => {
                    sleep(pause(failures)).await;
                    failures += 1;
                }
                done => return done,
            }
        }
    }

    fn may_come_back(&self) -> bool {
        let client = &self.task.client;
        Instant::now() < self.end && client.wire().is_modern() && client.0.line.comes_back()
    }
}

/// What ends a pause.
enum Event {
    Told(Option<Arc<Task>>),
    Answer(Answer),
}
