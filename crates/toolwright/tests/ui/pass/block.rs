//! Whatever `#[tools]` can stand on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::json;
use toolwright::prelude::*;

use super::{listed, text};

/// Where orders are kept.
trait Database {
    fn count(&self) -> u32;
}

/// Is neither `Clone` nor `Copy`.
struct Memory(u32);

impl Database for Memory {
    fn count(&self) -> u32 {
        self.0
    }
}

struct Orders<D: Database, const N: usize>
where
    D: 'static,
{
    database: D,
    seen: Mutex<BTreeMap<String, u32>>,
}

#[tools(with(refunds, reports))]
impl<D: Database, const N: usize> Orders<D, N>
where
    D: 'static,
{
    const LIMIT: u32 = 3;

    /// Counts orders; it is private.
    #[tool]
    fn count(&self) -> u32 {
        self.database.count()
    }

    /// Remembers a name.
    #[tool]
    pub(crate) async fn remember(&self, name: &str, #[arg(default = Self::LIMIT)] times: u32) -> usize {
        let mut seen = self.seen.lock().unwrap();
        seen.insert(name.to_owned(), times);
        seen.len() + N
    }

    /// Has a bound that always holds.
    #[tool]
    fn sized(&self) -> bool
    where
        Self: Sized,
    {
        true
    }

    /// Needs no value.
    #[tool]
    fn version() -> &'static str {
        "1"
    }

    /// Names its lifetime.
    #[tool]
    fn lent<'a>(&'a self, name: &'a str) -> String {
        name.to_owned()
    }

    /// Is there on no system.
    #[cfg(any())]
    #[tool]
    fn missing(&self) -> Nothing {}

    #[resource("orders://{name}")]
    fn order(&self, name: String) -> String {
        name
    }

    #[prompt]
    fn reply(&self, #[arg(complete = names)] name: String) -> String {
        name
    }

    async fn names(&self, typed: &str) -> Vec<String> {
        vec![typed.to_owned()]
    }

    fn plain(&self) -> u32 {
        self.count()
    }
}

mod refunds {
    use super::{Database, Orders};
    use toolwright::prelude::*;

    #[tools(part = refunds)]
    impl<D: Database, const N: usize> Orders<D, N> {
        /// Counts refunds.
        #[tool]
        fn refunds(&self) -> u32 {
            self.plain() + 1
        }
    }
}

mod reports {
    use super::{Database, Orders};
    use toolwright::prelude::*;

    #[tools(part = reports)]
    impl<D: Database, const N: usize> Orders<D, N> {
        /// Reports.
        #[tool]
        async fn report(&self) -> u32 {
            self.plain() + 2
        }
    }
}

struct Lonely;

/// A block with nothing in it.
#[tools]
impl Lonely {}

fn orders() -> Orders<Memory, 10> {
    Orders { database: Memory(5), seen: Mutex::default() }
}

fn server() -> Server {
    Server::new("orders").tools(orders()).tools(Arc::new(Lonely))
}

#[test]
fn a_method_can_be_called() {
    assert_eq!(orders().count(), 5);
    assert_eq!(Orders::<Memory, 1>::version(), "1");
}

#[tokio::test]
async fn methods_and_parts_are_tools() {
    let names: Vec<_> = listed(server()).await.into_keys().collect();
    assert_eq!(names, ["count", "lent", "refunds", "remember", "report", "sized", "version"]);
    assert_eq!(text(server(), "count", json!({})).await, "5");
    assert_eq!(text(server(), "remember", json!({"name": "a"})).await, "11");
    assert_eq!(text(server(), "refunds", json!({})).await, "6");
    assert_eq!(text(server(), "report", json!({})).await, "7");
}
