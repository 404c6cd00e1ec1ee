//! State that changes: a task board behind a lock, read as a resource whose readers hear of every change.
//!
//! All calls share one `Board`, so its methods take `&self` and the changing part stands in a `Mutex`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use toolwright::prelude::*;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Column {
    Todo,
    Doing,
    Done,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct Task {
    /// Given by the board, from 1.
    id: usize,
    title: String,
    column: Column,
    owner: Option<String>,
}

/// The board. Tasks are never removed, so the id of a task is its place in the list plus one.
#[derive(Default)]
struct Board {
    tasks: Mutex<Vec<Task>>,
}

/// The most tasks a board holds: what a client can make the server keep has an end.
const MOST: usize = 1000;

const BOARD: &str = "board://tasks";

impl Board {
    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        // A panic while the lock was held leaves the list whole: each change is a single step.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes one task, and tells those who watch it.
    fn change(&self, ctx: &Context, id: usize, change: impl FnOnce(&mut Task)) -> Result<Task> {
        let changed = {
            let mut tasks = self.tasks();
            let count = tasks.len();
            let task = id.checked_sub(1).and_then(|place| tasks.get_mut(place));
            let task = task.ok_or_else(|| tool_error!("there is no task {id}; the last one is {count}"))?;
            change(task);
            task.clone()
        };
        announce(ctx, id);
        Ok(changed)
    }
}

/// Tells clients that subscribed to the board, or to this task, to read it again.
fn announce(ctx: &Context, id: usize) {
    ctx.resource_updated(BOARD);
    ctx.resource_updated(format!("{BOARD}/{id}"));
}

/// What changes the board, and the board itself. The methods of the block `reports` belong to it too.
#[tools(with(reports))]
impl Board {
    /// Adds a task to the board, in the column `todo`.
    #[tool(destructive = false)]
    fn add_task(
        &self,
        ctx: &Context,
        #[arg(length(1..=200))] title: String,
        /// Who does it; leave it out if nobody does yet.
        #[arg(length(1..=50))]
        owner: Option<String>,
    ) -> Result<Task> {
        let task = {
            let mut tasks = self.tasks();
            if tasks.len() >= MOST {
                return Err(tool_error!("the board is full: it holds {MOST} tasks"));
            }
            let task = Task { id: tasks.len() + 1, title, column: Column::Todo, owner };
            tasks.push(task.clone());
            task
        };
        announce(ctx, task.id);
        Ok(task)
    }

    /// Moves a task to another column.
    #[tool(idempotent)]
    fn move_task(&self, ctx: &Context, id: usize, column: Column) -> Result<Task> {
        self.change(ctx, id, |task| task.column = column)
    }

    /// Gives a task to a person.
    #[tool(idempotent)]
    fn assign_task(&self, ctx: &Context, id: usize, #[arg(length(1..=50))] owner: String) -> Result<Task> {
        self.change(ctx, id, |task| task.owner = Some(owner))
    }

    /// All tasks.
    #[resource("board://tasks")]
    fn board(&self) -> Json<Vec<Task>> {
        Json(self.tasks().clone())
    }

    /// One task by its id.
    #[resource("board://tasks/{id}")]
    fn task(&self, id: usize) -> Result<Json<Task>> {
        let task = id.checked_sub(1).and_then(|place| self.tasks().get(place).cloned());
        // Reading what is not there is a protocol error with a code of its own.
        task.map(Json).ok_or_else(|| Error::not_found(format!("task {id}")))
    }
}

/// How many tasks stand where.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Progress {
    todo: usize,
    doing: usize,
    done: usize,
}

/// What only looks at the board.
#[tools(part = reports)]
impl Board {
    /// Counts the tasks of each column.
    #[tool(read_only)]
    fn count_tasks(&self) -> Progress {
        let tasks = self.tasks();
        let count = |column| tasks.iter().filter(|task| task.column == column).count();
        Progress { todo: count(Column::Todo), doing: count(Column::Doing), done: count(Column::Done) }
    }

    /// Drafts what a person says in the daily meeting.
    #[prompt]
    fn standup(
        &self,
        /// Whose tasks.
        #[arg(complete = owners)]
        owner: String,
    ) -> Result<String> {
        let tasks = self.tasks();
        let own = tasks.iter().filter(|task| task.owner.as_ref() == Some(&owner));
        let lines: Vec<_> = own.map(|task| format!("- {} ({:?})", task.title, task.column)).collect();
        if lines.is_empty() {
            return Err(tool_error!("{owner} has no tasks"));
        }
        let lines = lines.join("\n");
        Ok(format!("Write what {owner} says in the daily meeting, in three sentences. The tasks:\n{lines}"))
    }

    /// Suggestions for an owner; the framework keeps those that fit what was typed.
    async fn owners(&self, _typed: &str) -> Vec<String> {
        let mut owners: Vec<_> = self.tasks().iter().filter_map(|task| task.owner.clone()).collect();
        owners.sort();
        owners.dedup();
        owners
    }
}

/// A second piece of state, for a function that needs no board.
struct Office {
    name: &'static str,
    opened: Instant,
}

/// Says whose board this is and for how long it has been open.
#[tool(read_only)]
fn about(office: State<Office>) -> String {
    format!("The board of {}, open for {} seconds", office.name, office.opened.elapsed().as_secs())
}

fn main() -> toolwright::Result {
    Server::new("task-board")
        .version(env!("CARGO_PKG_VERSION"))
        .tools(Board::default())
        .tools(toolset![about])
        .state(Office { name: "the Toolwright examples", opened: Instant::now() })
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_handed_to_a_function_by_its_test() {
        let office = State::new(Office { name: "a test", opened: Instant::now() });
        assert!(about(office).starts_with("The board of a test, open for"));
    }

    #[test]
    fn an_empty_board_has_nothing_to_say() {
        let board = Board::default();
        assert_eq!(board.count_tasks(), Progress { todo: 0, doing: 0, done: 0 });
        assert!(board.standup("Ada".into()).unwrap_err().is_shown());
        assert!(board.task(0).unwrap_err().is_shown());
    }
}
