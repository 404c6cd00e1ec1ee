//! The terminal, if a person sits at one: what is asked there and what is told.

use std::io::{self, IsTerminal as _, Write as _};

use crate::show::plain;

/// Whether somebody can be asked: standard input and standard error are a terminal.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether something that moves can be shown on standard error.
pub(crate) fn shows() -> bool {
    io::stderr().is_terminal()
}

/// Says a line on standard error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", plain(line));
}

/// Asks for a line; none when the input ends (Ctrl-D).
pub(crate) async fn ask(question: String) -> Option<String> {
    let read = move || {
        let mut line = String::new();
        let mut stderr = io::stderr();
        let _ = write!(stderr, "{}", plain(&question)).and_then(|()| stderr.flush());
        match io::stdin().read_line(&mut line) {
            Ok(1..) => Some(line.trim().to_owned()),
            _ => None,
        }
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// The names most like what was typed, best first.
pub(crate) fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const ALIKE: f64 = 0.75;
    const MOST: usize = 3;
    let typed = typed.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let within = typed.len() > 2 && (name.contains(&typed) || typed.contains(&name));
        strsim::jaro_winkler(&typed, &name).max(if within { 0.9 } else { 0.0 })
    };
    let mut alike: Vec<_> = names.into_iter().map(|name| (likeness(name), name)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(MOST).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["get_order", "list_orders", "create_order"];
        assert_eq!(nearest("get_ordr", names)[0], "get_order");
        assert_eq!(nearest("Orders", names)[0], "list_orders");
        assert_eq!(nearest("weather", names), Vec::<&str>::new());
    }
}
