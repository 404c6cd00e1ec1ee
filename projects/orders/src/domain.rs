//! The domain: what an order is and which rules it obeys, without SQL and without MCP.

mod invalid;
mod clock;
mod text;
mod money;
mod status;
mod email;
mod id;
mod key;
mod order;
mod refund;

pub use clock::{Clock, SystemClock, rfc3339};
pub use email::Email;
pub use id::OrderId;
pub use invalid::Invalid;
pub use key::IdempotencyKey;
pub use money::{Money, Total};
pub use order::{MAX_NOTES, NewOrder, Note, Order};
pub use refund::{Eligibility, eligibility};
pub use status::Status;
pub use text::{MAX_TEXT, checked_text};
