//! How a function of the user's is called: prepared from its arguments, run, its value written as the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{self, Poll};
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use crate::answer::Answer;
use crate::error::BoxError;
use crate::input::Input;
use crate::probe::{Encode, Peel};

/// How long a sync function may hold up the others.
const SLOW: Duration = Duration::from_millis(1);
/// Above this, one call is enough to move a function to a thread of its own.
const STUCK: Duration = Duration::from_millis(10);
/// What a slow call weighs against quick ones. A quick function that the system interrupts now and then stays.
const WEIGHT: u32 = 100;
/// From this weight on a function is moved: after three slow calls in a row, or some more among quick ones.
const MOST: u32 = 250;

/// A function of the user's, whatever its types.
pub trait Handler: Send + Sync + 'static {
    /// Reads the arguments and runs as far as it goes without waiting.
    fn start(&self, input: &mut Input<'_>, answer: &mut Answer<'_>) -> Started;
}

/// How far a call came at once.
pub enum Started {
    /// To the end.
    Done(Result<(), BoxError>),
    /// Nowhere: the input holds what is wrong.
    Rejected,
    /// It waits for something.
    Later(Pin<Box<dyn Work>>),
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Done(_) => "Done",
            Self::Rejected => "Rejected",
            Self::Later(_) => "Later",
        })
    }
}

/// A future whose value is written straight into the answer.
pub trait Work: Send {
    /// Goes on, and writes the result when there is one.
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        answer: &mut Answer<'_>,
    ) -> Poll<Result<(), BoxError>>;
}

impl<F, W> Work for F
where
    F: Future<Output = W> + Send,
    W: FnOnce(&mut Answer<'_>) -> Result<(), BoxError>,
{
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        answer: &mut Answer<'_>,
    ) -> Poll<Result<(), BoxError>> {
        Future::poll(self, cx).map(|write| write(answer))
    }
}

/// Where a sync function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Inline until it holds up the others, from then on on a thread for blocking work.
    #[default]
    Auto,
    /// Always inline.
    Inline,
    /// Always on a thread for blocking work.
    Blocking,
}

/// A handler from a sync function: `prepare` reads the arguments and gives the call to make.
pub fn sync<S, C, R, P, K>(name: &'static str, pace: Pace, prepare: S, peel: P, kind: K) -> impl Handler
where
    S: Fn(&mut Input<'_>) -> Option<C> + Send + Sync + 'static,
    C: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
    P: Peel<R>,
    K: Encode<P::Value>,
{
    let slow = AtomicBool::new(pace == Pace::Blocking);
    SyncCall { name, pace, slow, weight: AtomicU32::new(0), prepare, peel, kind }
}

/// A handler from an async function: `prepare` reads the arguments and gives the future.
pub fn future<S, F, P, K>(prepare: S, peel: P, kind: K) -> impl Handler
where
    S: Fn(&mut Input<'_>) -> Option<F> + Send + Sync + 'static,
    F: Future + Send + 'static,
    P: Peel<F::Output>,
    K: Encode<P::Value>,
{
    AsyncCall { prepare, peel, kind }
}

struct SyncCall<S, P, K> {
    name: &'static str,
    pace: Pace,
    slow: AtomicBool,
    weight: AtomicU32,
    prepare: S,
    peel: P,
    kind: K,
}

impl<S, C, R, P, K> Handler for SyncCall<S, P, K>
where
    S: Fn(&mut Input<'_>) -> Option<C> + Send + Sync + 'static,
    C: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
    P: Peel<R>,
    K: Encode<P::Value>,
{
    fn start(&self, input: &mut Input<'_>, answer: &mut Answer<'_>) -> Started {
        let Some(call) = prepared(&self.prepare, input) else { return Started::Rejected };
        let (peel, kind) = (self.peel, self.kind);
        if self.slow.load(Ordering::Relaxed) {
            let thread = Thread(tokio::task::spawn_blocking(call));
            return Started::Later(Box::pin(async move {
                let value = thread.await;
                move |answer: &mut Answer<'_>| match value {
                    Ok(value) => finish(peel, kind, value, answer),
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(error) => Err(error.into()),
                }
            }));
        }
        let begun = Instant::now();
        let value = call();
        if self.pace == Pace::Auto {
            self.weigh(begun.elapsed());
        }
        Started::Done(finish(peel, kind, value, answer))
    }
}

/// A call on a thread for blocking work; one that is dropped before its turn never begins.
struct Thread<R>(JoinHandle<R>);

impl<R> Future for Thread<R> {
    type Output = Result<R, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<R> Drop for Thread<R> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<S, P, K> SyncCall<S, P, K> {
    fn weigh(&self, took: Duration) {
        let weight = self.weight.load(Ordering::Relaxed);
        if took <= SLOW {
            if weight > 0 {
                self.weight.store(weight - 1, Ordering::Relaxed);
            }
            return;
        }
        self.weight.store(weight + WEIGHT, Ordering::Relaxed);
        if (took > STUCK || weight + WEIGHT > MOST) && !self.slow.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "`{}` held up other calls for {took:?}; it now runs on a thread for blocking work. \
                 Mark it `blocking` to start it there, or `inline` to keep it here.",
                self.name
            );
        }
    }
}

struct AsyncCall<S, P, K> {
    prepare: S,
    peel: P,
    kind: K,
}

impl<S, F, P, K> Handler for AsyncCall<S, P, K>
where
    S: Fn(&mut Input<'_>) -> Option<F> + Send + Sync + 'static,
    F: Future + Send + 'static,
    P: Peel<F::Output>,
    K: Encode<P::Value>,
{
    fn start(&self, input: &mut Input<'_>, _: &mut Answer<'_>) -> Started {
        let Some(future) = prepared(&self.prepare, input) else { return Started::Rejected };
        let (peel, kind) = (self.peel, self.kind);
        Started::Later(Box::pin(async move {
            let value = future.await;
            move |answer: &mut Answer<'_>| finish(peel, kind, value, answer)
        }))
    }
}

/// The call to make, unless anything is wrong: even what the handler would not miss, such as a misspelled name.
fn prepared<C>(prepare: impl Fn(&mut Input<'_>) -> Option<C>, input: &mut Input<'_>) -> Option<C> {
    prepare(input).filter(|_| input.problems.is_empty())
}

fn finish<R, P: Peel<R>, K: Encode<P::Value>>(
    peel: P,
    kind: K,
    value: R,
    answer: &mut Answer<'_>,
) -> Result<(), BoxError> {
    kind.encode(peel.peel(value)?, answer)
}
