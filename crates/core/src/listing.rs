//! The list results: each component told in the words of a dialect, cut into pages.

use serde::Serialize;
use serde_json::{Map, Value, json};
use toolwright_types::dialect::{Dialect, Structured};
use toolwright_types::tools;

use crate::answer::WRAPPED;
use crate::cache::Cache;
use crate::schema;

/// How lists are cut, and how long they may be kept: the same for all pages (rule S64).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    pub(crate) size: usize,
    pub(crate) cache: Cache,
}

/// A list, page by page, each a whole result.
#[derive(Debug)]
pub(crate) struct Pages(Vec<Box<[u8]>>);

impl Pages {
    pub(crate) fn new(
        member: &str,
        items: Vec<Value>,
        page_size: usize,
        write: impl Fn(&Value) -> Vec<u8>,
    ) -> Self {
        let count = items.len().div_ceil(page_size).max(1);
        let mut items = items.into_iter();
        let pages = (1..=count).map(|next| {
            let page: Vec<_> = items.by_ref().take(page_size).collect();
            let mut result = json!({ member: page });
            if next < count {
                result["nextCursor"] = cursor(next).into();
            }
            write(&result).into()
        });
        Self(pages.collect())
    }

    /// The page at a cursor, if there is one (rule S62).
    pub(crate) fn page(&self, cursor: Option<&str>) -> Option<&[u8]> {
        let index = match cursor {
            None => 0,
            Some(cursor) => cursor.strip_prefix('p')?.parse().ok().filter(|&index| index > 0)?,
        };
        self.0.get::<usize>(index).map(AsRef::as_ref)
    }
}

/// Opaque to clients: the number of the page.
fn cursor(page: usize) -> String {
    format!("p{page}")
}

/// A component that differs between versions only in what it may carry.
pub(crate) fn plain<T: Serialize>(component: &T, dialect: &Dialect) -> Value {
    let mut value = json!(component);
    if let Value::Object(members) = &mut value {
        leave_out(members, dialect);
    }
    value
}

/// A tool.
pub(crate) fn tool(tool: &tools::Tool, dialect: &Dialect) -> Value {
    let mut value = plain(tool, dialect);
    let Value::Object(members) = &mut value else { return value };
    if !dialect.tool_annotations {
        members.remove("annotations");
    }
    match (dialect.structured, members.get_mut("outputSchema")) {
        (Structured::None, _) => {
            members.remove("outputSchema");
        }
        (Structured::Objects, Some(output)) if !schema::is_object(output) => {
            // Matches how the answer wraps the value.
            let mut definitions = Map::new();
            let inner = schema::embed(output.take(), WRAPPED, &mut definitions);
            *output = json!({"type": "object", "properties": {WRAPPED: inner}, "required": [WRAPPED]});
            if !definitions.is_empty() {
                output["$defs"] = Value::Object(definitions);
            }
        }
        _ => {}
    }
    value
}

fn leave_out(members: &mut Map<String, Value>, dialect: &Dialect) {
    if !dialect.icons {
        members.remove("icons");
    }
    if !dialect.titles {
        members.remove("title");
        members.remove("_meta");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(count: usize, size: usize) -> Pages {
        Pages::new("tools", (0..count).map(Value::from).collect(), size, |page| page.to_string().into_bytes())
    }

    /// Rule S62: stable cursors, and a wrong one is no page.
    #[test]
    fn following_the_cursor_gives_every_item_once() {
        let pages = pages(7, 3);
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page: Value = serde_json::from_slice(pages.page(cursor.as_deref()).unwrap()).unwrap();
            seen.extend(page["tools"].as_array().unwrap().iter().filter_map(Value::as_u64));
            cursor = page["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
        for wrong in ["", "p", "p0", "p3", "p-1", "3", "p99999999999999999999"] {
            assert!(pages.page(Some(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_list_is_one_page() {
        assert_eq!(pages(0, 3).page(None).unwrap(), br#"{"tools":[]}"#);
        assert_eq!(pages(3, 3).page(None).unwrap(), br#"{"tools":[0,1,2]}"#);
    }
}
