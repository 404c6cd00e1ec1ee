//! Who is speaking, and the icons that a user interface may show for things.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic#icons>

use serde::{Deserialize, Serialize};

/// A picture for a user interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Icon {
    /// `https:` or `data:` URI of the picture.
    pub src: String,
    /// MIME type, where `src` does not tell it, such as `image/png`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Sizes in pixels as `48x48`, or `any` for a scalable picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Vec<String>>,
    /// The background it is drawn for; absent suits both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}

/// The background that an icon is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Theme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

/// The program on one side of a connection: for display and logs, never for trust.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Implementation {
    /// Name for programs.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The program's own version.
    pub version: String,
    /// What the program is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// URL of its web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website_url: Option<String>,
    /// Icons of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
}

/// Reads a sample from its text and checks that writing it gives the same JSON: the test of every chapter.
#[cfg(test)]
pub(crate) fn round_trip<T>(sample: &serde_json::Value) -> T
where
    T: Serialize + serde::de::DeserializeOwned,
{
    let message: T = serde_json::from_str(&sample.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), *sample);
    message
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_implementation_keeps_all_its_members() {
        let icon = json!({
            "src": "https://example.com/i.svg", "mimeType": "image/svg+xml", "sizes": ["48x48", "any"], "theme": "dark"
        });
        round_trip::<Icon>(&icon);
        let program: Implementation = round_trip(&json!({
            "name": "orders", "title": "Orders", "version": "1.2.0", "description": "Looks after orders",
            "websiteUrl": "https://example.com", "icons": [icon, {"src": "data:image/png;base64,AA==", "theme": "light"}]
        }));
        assert_eq!(program.icons.unwrap()[0].theme, Some(Theme::Dark));
    }

    #[test]
    fn an_implementation_of_the_first_version_has_name_and_version_only() {
        round_trip::<Implementation>(&json!({"name": "old", "version": "0.1"}));
    }
}
