//! Notes in an SQLite file: tools that write and search, and each note as a resource.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row};
use toolwright::prelude::*;

/// One note.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Note {
    /// Given by the server.
    id: i64,
    text: String,
}

/// All notes. Calls share the one connection; what takes long is moved to a thread of its own.
struct Notes(Mutex<Connection>);

#[tools]
impl Notes {
    /// Keeps a note. Use it when the user wants something remembered.
    #[tool(destructive = false)]
    fn add_note(&self, #[arg(length(1..=2000))] text: String) -> Result<Note> {
        let id =
            self.database().query_row("INSERT INTO notes (text) VALUES (?1) RETURNING id", [&text], first)?;
        Ok(Note { id, text })
    }

    /// Notes with these words in them, newest first.
    #[tool(read_only)]
    fn search_notes(
        &self,
        /// Part of the text; all notes if it is left out.
        #[arg(default)]
        words: String,
        #[arg(default = 20, range(1..=100))] limit: u32,
    ) -> Result<Vec<Note>> {
        let database = self.database();
        let sql =
            "SELECT id, text FROM notes WHERE instr(lower(text), lower(?1)) > 0 ORDER BY id DESC LIMIT ?2";
        let mut select = database.prepare(sql)?;
        let found = select.query_map((words, limit), note)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Forgets a note.
    #[tool(destructive, idempotent)]
    fn delete_note(&self, id: i64) -> Result<String> {
        match self.database().execute("DELETE FROM notes WHERE id = ?1", [id])? {
            0 => Err(tool_error!("there is no note {id}; `search_notes` lists them")),
            _ => Ok(format!("note {id} is gone")),
        }
    }

    /// One note by its id.
    #[resource("note://{id}")]
    fn note(&self, id: i64) -> Result<Json<Note>> {
        let found =
            self.database().query_row("SELECT id, text FROM notes WHERE id = ?1", [id], note).optional()?;
        found.map(Json).ok_or_else(|| Error::not_found(format!("note {id}")))
    }
}

impl Notes {
    fn open(path: &Path) -> Result<Self> {
        let database = Connection::open(path)?;
        database.execute(
            "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
            [],
        )?;
        Ok(Self(Mutex::new(database)))
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // A panic leaves the database whole: every statement is a transaction.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note { id: row.get(0)?, text: row.get(1)? })
}

fn server(path: &Path) -> Result<Server> {
    Ok(Server::new("my-server").version(env!("CARGO_PKG_VERSION")).tools(Notes::open(path)?))
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let path = std::env::var_os("NOTES_DB").unwrap_or_else(|| "notes.db".into());
    server(Path::new(&path))?.run()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolwright::Client;

    use super::*;

    #[tokio::test]
    async fn a_note_is_kept_found_and_forgotten() -> toolwright::Result {
        let client = Client::connect(server(Path::new(":memory:"))?.build()?).await?;
        let note: Note = client.call("add_note", json!({"text": "Buy milk"})).await?;
        let found: Vec<Note> = client.call("search_notes", json!({"words": "MILK"})).await?;
        assert_eq!(found, [Note { id: note.id, text: "Buy milk".into() }]);
        assert_eq!(client.read_resource(&format!("note://{}", note.id)).await?.len(), 1);
        client.call::<String>("delete_note", json!({"id": note.id})).await?;
        assert!(client.call::<String>("delete_note", json!({"id": note.id})).await.is_err());
        Ok(())
    }
}
