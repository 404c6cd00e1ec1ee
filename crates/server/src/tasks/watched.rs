//! How the tasks stand that clients listen for: the newest only, however slow a client is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use toolwright_types::tasks::Task;

use super::store::TaskRecord;

/// A task that at least one client listens for.
#[derive(Debug)]
pub(crate) struct Watched {
    id: Box<str>,
    newest: Mutex<Option<(u64, Arc<Task>)>>,
}

impl Watched {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// How it stands, if that is known yet.
    pub(crate) fn newest(&self) -> Option<Arc<Task>> {
        self.lock().as_ref().map(|(_, task)| Arc::clone(task))
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u64, Arc<Task>)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each is held by those who listen for it.
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    watched: HashMap<Box<str>, Weak<Watched>>,
    /// Somebody makes rounds of what may still change.
    has_rounds: bool,
}

impl Board {
    pub(super) fn watch(&self, id: &str) -> Arc<Watched> {
        let board = &mut self.lock().watched;
        if let Some(known) = board.get(id).and_then(Weak::upgrade) {
            return known;
        }
        // Those that nobody listens for any more: looked for each time the room is used up.
        if board.len() == board.capacity() {
            board.retain(|_, watched| watched.strong_count() > 0);
        }
        let watched = Arc::new(Watched { id: id.into(), newest: Mutex::default() });
        board.insert(id.into(), Arc::downgrade(&watched));
        watched
    }

    /// Whether the caller is to make rounds from now on, as nobody does.
    pub(super) fn begin_rounds(&self) -> bool {
        !std::mem::replace(&mut self.lock().has_rounds, true)
    }

    /// The ids that somebody listens for, of tasks that are not known to have ended; none ends the rounds.
    pub(super) fn next_round(&self) -> Option<Vec<Box<str>>> {
        let mut board = self.lock();
        board.watched.retain(|_, watched| watched.strong_count() > 0);
        let is_open = |watched: &Arc<Watched>| watched.newest().is_none_or(|task| !task.status.is_final());
        let open = board.watched.values().filter_map(Weak::upgrade).filter(is_open);
        let open: Vec<_> = open.map(|watched| watched.id.clone()).collect();
        board.has_rounds = !open.is_empty();
        board.has_rounds.then_some(open)
    }

    /// Knows how a task stands; true when somebody wants to hear it.
    pub(super) fn post(&self, record: &TaskRecord) -> bool {
        let watched = self.lock().watched.get(&*record.task.task_id).and_then(Weak::upgrade);
        let Some(watched) = watched else { return false };
        let mut newest = watched.lock();
        if newest
            .as_ref()
            .is_some_and(|(revision, task)| *revision > record.revision || **task == record.task)
        {
            return false;
        }
        *newest = Some((record.revision, Arc::new(record.task.clone())));
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
