//! The text of a settings file, before and after.

use serde_json::{Map, Value, json};

use super::is_within;
use crate::clients::Place;
use crate::outcome::{Failure, Outcome};
use crate::settings::{Wrong, entries, file};
use crate::show::plain;

/// A file as it was read.
pub(super) struct Text {
    place: Place,
    old: Option<String>,
    settings: Value,
}

/// What becomes of a file.
pub(super) struct Change<'a> {
    text: &'a Text,
    new: String,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    AlreadyThere,
    Written,
    TakenOut,
}

impl Text {
    pub(super) fn of(place: Place) -> Result<Self, Failure> {
        let file = place.file.display();
        let old = file::read(&place.file).map_err(|error| Failure::machine(file, error))?;
        let settings = place.client.format.read(old.as_deref().unwrap_or_default());
        let settings = settings.map_err(|wrong| unchanged(&place, &wrong))?;
        Ok(Self { place, old, settings })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn entries(&self) -> Option<&Map<String, Value>> {
        entries(&self.settings, &self.path())
    }

    /// With a server; another of that name must not be lost unasked.
    pub(super) fn with(&self, name: &str, entry: &Value, replace: bool) -> Result<Change<'_>, Failure> {
        let there = self.entries().and_then(|all| all.get(name));
        if there.is_some_and(|there| is_within(entry, there)) {
            return Ok(Change { text: self, new: self.old().to_owned(), state: State::AlreadyThere });
        }
        if there.is_some() && !replace {
            return Err(Failure::wrong(format!(
                "there is another server `{name}` in {}: `--replace` takes its place, `--name` gives this one \
                 another name",
                self.place.file.display()
            )));
        }
        let new = self.place.client.format.put(self.old(), &self.path(), name, entry);
        let new = new.map_err(|wrong| unchanged(&self.place, &wrong))?;
        Ok(Change { text: self, new, state: State::Written })
    }

    pub(super) fn without(&self, name: &str) -> Result<Change<'_>, Failure> {
        let new = self.place.client.format.take(self.old(), &self.path(), name);
        let new = new.map_err(|wrong| unchanged(&self.place, &wrong))?;
        Ok(Change { text: self, new, state: State::TakenOut })
    }

    fn old(&self) -> &str {
        self.old.as_deref().unwrap_or_default()
    }

    fn path(&self) -> Vec<&str> {
        self.place.path.iter().map(String::as_str).collect()
    }
}

fn unchanged(place: &Place, wrong: &Wrong) -> Failure {
    Failure::machine(
        place.file.display(),
        format!("{wrong}; the file stays as it was: mend it and try again"),
    )
}

impl Change<'_> {
    /// Makes the change, unless it is only to be shown, and tells about it.
    pub(super) fn told(&self, name: &str, is_dry: bool) -> Result<Outcome, Failure> {
        let Place { client, scope, file, .. } = &self.text.place;
        let (shown, state) = (plain(name), self.state);
        let diff = self.diff();
        if !is_dry && state != State::AlreadyThere {
            let written = file::replace(file, self.text.old.as_deref(), &self.new);
            written
                .map_err(|error| Failure::machine(format!("{} stays as it was", file.display()), error))?;
        }
        let text = match state {
            State::AlreadyThere => format!("`{shown}` is already there, in {}.\n", file.display()),
            _ if is_dry => diff.clone(),
            State::Written => format!("`{shown}` now stands in {}.\n", file.display()),
            State::TakenOut => format!("`{shown}` no longer stands in {}.\n", file.display()),
        };
        let state = match state {
            State::AlreadyThere => "already there",
            _ if is_dry => "only shown",
            State::Written => "written",
            State::TakenOut => "taken out",
        };
        let mut json = json!({
            "client": client.id, "name": name, "file": file.display().to_string(), "scope": scope.name(),
            "state": state,
        });
        if is_dry {
            // Only who asks for it: what is around an entry may hold secrets.
            json["diff"] = json!(diff);
        }
        Ok(Outcome::new(text, json))
    }

    fn diff(&self) -> String {
        let name = self.text.place.file.display().to_string();
        let diff = similar::TextDiff::from_lines(self.text.old(), self.new.as_str());
        diff.unified_diff().context_radius(3).header(&name, &name).to_string()
    }
}
