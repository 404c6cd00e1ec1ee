//! Orders in an SQLite file. What a model does twice by mistake must not happen twice: creating takes a key.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row};
use toolwright::prelude::*;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Shipped,
    Cancelled,
}

impl Status {
    const ALL: [Self; 3] = [Self::Open, Self::Shipped, Self::Cancelled];

    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: i64,
    /// The customer's e-mail address.
    customer: String,
    /// What it costs, in cents: money is never a fraction.
    cents: i64,
    status: Status,
}

struct Orders(Mutex<Connection>);

const COLUMNS: &str = "id, customer, cents, status";

#[tools]
impl Orders {
    /// One order by its id.
    #[tool(read_only)]
    fn get_order(&self, id: i64) -> Result<Order> {
        self.find(id)?.ok_or_else(|| tool_error!("there is no order {id}; `list_orders` lists them"))
    }

    /// Orders, newest first. Use it when the user asks what is open or shipped.
    #[tool(read_only)]
    fn list_orders(
        &self,
        /// Only these; all if it is left out.
        status: Option<Status>,
        #[arg(default = 20, range(1..=100))] limit: u32,
    ) -> Result<Vec<Order>> {
        let database = self.database();
        let sql =
            format!("SELECT {COLUMNS} FROM orders WHERE ?1 IS NULL OR status = ?1 ORDER BY id DESC LIMIT ?2");
        let mut select = database.prepare(&sql)?;
        let found = select.query_map((status.map(Status::name), limit), order)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Creates an order. Calling it again with the same key gives the same order and creates nothing.
    #[tool(destructive = false, idempotent)]
    fn create_order(
        &self,
        /// The customer's e-mail address.
        #[arg(format = "email", length(3..=200))]
        customer: String,
        #[arg(range(1..=100_000_000))] cents: i64,
        /// Any text that stands for this one order.
        #[arg(length(1..=100))]
        key: String,
    ) -> Result<Order> {
        let made = {
            let database = self.database();
            let sql =
                "INSERT INTO orders (customer, cents, key) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING";
            database.execute(sql, (&customer, cents, &key))?;
            let sql = format!("SELECT {COLUMNS} FROM orders WHERE key = ?1");
            database.query_row(&sql, [&key], order)?
        };
        if (made.customer.as_str(), made.cents) != (customer.as_str(), cents) {
            return Err(tool_error!("the key stands for order {} already, which is another", made.id));
        }
        Ok(made)
    }

    /// Cancels an order that has not been shipped.
    #[tool(destructive, idempotent)]
    fn cancel_order(&self, id: i64) -> Result<Order> {
        let sql = "UPDATE orders SET status = 'cancelled' WHERE id = ?1 AND status <> 'shipped'";
        let changed = self.database().execute(sql, [id])?;
        let order = self.get_order(id)?;
        if changed == 0 {
            return Err(tool_error!("order {id} is {} and cannot be cancelled", order.status.name()));
        }
        Ok(order)
    }

    /// One order, as a resource.
    #[resource("orders://{id}")]
    fn order(&self, id: i64) -> Result<Json<Order>> {
        self.find(id)?.map(Json).ok_or_else(|| Error::not_found(format!("order {id}")))
    }

    /// Drafts a message to the customer of an order.
    #[prompt]
    fn write_to_customer(&self, id: i64) -> Result<String> {
        let Order { customer, status, .. } = self.get_order(id)?;
        Ok(format!("Write to {customer}, in three friendly sentences, that order {id} is {}.", status.name()))
    }
}

impl Orders {
    fn open(path: &Path) -> Result<Self> {
        let database = Connection::open(path)?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS orders (
                id INTEGER PRIMARY KEY, customer TEXT NOT NULL, cents INTEGER NOT NULL CHECK (cents > 0),
                status TEXT NOT NULL DEFAULT 'open', key TEXT NOT NULL UNIQUE
            ) STRICT",
        )?;
        Ok(Self(Mutex::new(database)))
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        // A panic leaves the database whole: every statement is a transaction.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: i64) -> Result<Option<Order>> {
        let sql = format!("SELECT {COLUMNS} FROM orders WHERE id = ?1");
        Ok(self.database().query_row(&sql, [id], order).optional()?)
    }
}

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    let name: String = row.get(3)?;
    let status = Status::ALL.into_iter().find(|status| status.name() == name);
    let status = status.ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(Order { id: row.get(0)?, customer: row.get(1)?, cents: row.get(2)?, status })
}

fn server(path: &Path) -> Result<Server> {
    Ok(Server::new("my-server").version(env!("CARGO_PKG_VERSION")).tools(Orders::open(path)?))
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let path = std::env::var_os("ORDERS_DB").unwrap_or_else(|| "orders.db".into());
    server(Path::new(&path))?.run()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolwright::Client;

    use super::*;

    #[tokio::test]
    async fn an_order_is_created_once_listed_and_cancelled() -> toolwright::Result {
        let client = Client::connect(server(Path::new(":memory:"))?.build()?).await?;
        let new = json!({"customer": "ada@example.com", "cents": 1250, "key": "first"});
        let order: Order = client.call("create_order", &new).await?;
        assert_eq!(client.call::<Order>("create_order", &new).await?, order, "the same key, the same order");
        let other = json!({"customer": "ada@example.com", "cents": 1, "key": "first"});
        assert!(client.call::<Order>("create_order", other).await.is_err());
        let open: Vec<Order> = client.call("list_orders", json!({"status": "open"})).await?;
        assert_eq!(open, std::slice::from_ref(&order));
        let cancelled: Order = client.call("cancel_order", json!({"id": order.id})).await?;
        assert_eq!(cancelled.status, Status::Cancelled);
        assert_eq!(client.read_resource(&format!("orders://{}", order.id)).await?.len(), 1);
        Ok(())
    }
}
