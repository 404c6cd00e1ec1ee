//! All that is said in a conversation, written down as it comes: a JSON line for each message.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Client,
    Server,
}

/// One line of a recording.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) from: Side,
    pub(crate) message: Value,
}

/// Writes a recording.
#[derive(Debug)]
pub(crate) struct Recorder(Mutex<File>);

impl Recorder {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(File::create(path)?)))
    }

    /// Writes one message down; what is no JSON as text.
    pub(crate) fn note(&self, from: Side, text: &[u8]) {
        let as_text = || Value::from(String::from_utf8_lossy(text));
        let message = serde_json::from_slice(text).unwrap_or_else(|_| as_text());
        let Ok(mut line) = serde_json::to_vec(&Line { from, message }) else { return };
        line.push(b'\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(&line) {
            tracing::warn!("the recording has a gap: {error}");
        }
    }
}
