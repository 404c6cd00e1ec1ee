//! The tools that only look.

use std::borrow::Cow;

use schemars::{Schema, SchemaGenerator, json_schema};
use toolwright::prelude::*;

use super::{Orders, told};
use crate::domain::{Eligibility, Email, Invalid, Money, Order, OrderId, Status, eligibility};
use crate::store::{Page, Search, StoreError};

/// Orders that were found, without their notes.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// The orders, by rising number.
    orders: Vec<Order>,
    /// Only when there are more: give it to search_orders, with the same conditions, for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<Cursor>,
}

impl From<Page> for Found {
    fn from(page: Page) -> Self {
        Self { orders: page.orders, next_cursor: page.next.map(Cursor) }
    }
}

/// Where the next page begins: after this order, though the model need not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Cursor(OrderId);

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
            .map(Self)
            .map_err(|_| Invalid::new("not a cursor; give the next_cursor of the page before, unchanged"))
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0.into()
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[tools(part = reading)]
impl Orders {
    /// Shows one order in full: customer, status, amount, notes and dates.
    ///
    /// Use it when you know the order id. To find an order by customer or text, use search_orders instead.
    ///
    /// Example: {"order_id": "ORD-101"}
    #[tool(read_only, open_world = false, title = "Get order details")]
    async fn get_order_details(&self, order_id: OrderId) -> Result<Order> {
        self.find(order_id).await
    }

    /// Lists the orders in one status, by rising number and without their notes.
    ///
    /// Use it for questions such as "what still has to be shipped?". For more than one condition, use
    /// search_orders instead.
    ///
    /// Example: {"status": "SHIPPED", "limit": 10}
    #[tool(read_only, open_world = false, title = "List orders by status")]
    async fn list_orders_by_status(
        &self,
        /// The status to list, in any letter case.
        status: Status,
        /// The most orders to return.
        #[arg(default = 50, range(1..=200))]
        limit: u32,
    ) -> Result<Found> {
        Ok(self.store.orders_by_status(status, limit).await.map_err(told)?.into())
    }

    /// Finds orders that meet all the given conditions, one page at a time and without their notes.
    ///
    /// Use it when you do not know the order id, or need orders of a customer, a price range or with a certain
    /// note. Without conditions it pages through all orders.
    ///
    /// Example: {"customer_email": "alice@example.com", "is_refundable": true}
    #[tool(read_only, open_world = false, title = "Search orders")]
    async fn search_orders(
        &self,
        /// Text within the id, the e-mail address or a note, in any letter case.
        #[arg(length(..=200))]
        text: Option<String>,
        /// The customer's whole address, in any letter case.
        customer_email: Option<Email>,
        /// The status of the orders, in any letter case.
        status: Option<Status>,
        /// The least the order may cost.
        min_total: Option<Money>,
        /// The most the order may cost.
        max_total: Option<Money>,
        /// Whether the order may be paid back at all.
        is_refundable: Option<bool>,
        /// The most orders on a page.
        #[arg(default = 20, range(1..=200))]
        limit: u32,
        /// The next_cursor of the page before; leave it out for the first page.
        cursor: Option<Cursor>,
    ) -> Result<Found> {
        let after = cursor.map(|Cursor(id)| id);
        let wanted =
            Search { text, customer_email, status, min_total, max_total, is_refundable, limit, after };
        Ok(self.store.search(wanted).await.map_err(told)?.into())
    }

    /// Says whether an order can be paid back, how much, and why or why not.
    ///
    /// Use it before you promise a refund, and give the customer its reason in your own words. It changes nothing.
    ///
    /// Example: {"order_id": "ORD-103"}
    #[tool(read_only, open_world = false, title = "Check refund eligibility")]
    async fn check_refund_eligibility(&self, order_id: OrderId) -> Result<Eligibility> {
        Ok(eligibility(&self.find(order_id).await?))
    }
}

impl Orders {
    /// The order of this id, or an error that the caller can read.
    pub(super) async fn find(&self, id: OrderId) -> Result<Order> {
        let found = self.store.order(&id).await.map_err(told)?;
        found.ok_or_else(|| told(StoreError::NotFound(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_written_as_it_is_read() {
        let cursor: Cursor = serde_json::from_str("\"ORD-7\"").unwrap();
        assert_eq!(serde_json::to_string(&cursor).unwrap(), "\"ORD-7\"");
        let error = serde_json::from_str::<Cursor>("\"page 2\"").unwrap_err().to_string();
        assert!(error.contains("next_cursor of the page before"), "{error}");
    }

    #[test]
    fn a_last_page_has_no_cursor() {
        let last = Found::from(Page { orders: vec![], next: None });
        assert_eq!(serde_json::to_string(&last).unwrap(), r#"{"orders":[]}"#);
        let more = Found::from(Page { orders: vec![], next: Some("ORD-7".parse().unwrap()) });
        assert_eq!(serde_json::to_string(&more).unwrap(), r#"{"orders":[],"next_cursor":"ORD-7"}"#);
    }
}
