//! Matches resource URIs against URI templates (<https://www.rfc-editor.org/rfc/rfc6570>), the reverse of expansion.

mod compile;
mod expand;
mod matching;
mod parse;
mod percent;
mod security;

use std::fmt;

use compile::Plan;
use parse::Piece;

/// The longest template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 8_192;

/// The most variables that one template may have.
pub const MAX_VARIABLES: usize = 256;

/// The longest URI that is matched, in bytes.
pub const MAX_URI_BYTES: usize = 65_536;

/// A parsed template.
///
/// ```
/// use toolwright_core::uri_template::{Matched, UriTemplate};
///
/// let template = UriTemplate::parse("orders://{order_id}/items{?limit}")?;
/// let found = template.matches("orders://ORD%201/items?limit=5").unwrap();
/// assert_eq!(found[0], Some(Matched::One("ORD 1".into())));
/// assert_eq!(found[1], Some(Matched::One("5".into())));
/// assert_eq!(template.matches("orders://ORD-1/items").unwrap()[1], None);
/// assert_eq!(template.matches("orders://a/b/items"), None);
/// assert_eq!(template.expand(&found), "orders://ORD%201/items?limit=5");
/// # Ok::<(), toolwright_core::uri_template::InvalidTemplate>(())
/// ```
///
/// # What matches what
///
/// | Expression | Matches |
/// |---|---|
/// | `{x}`, `{x,y}` | one value each, without `/`, `?` and `#` |
/// | `{x*}` | one value, which may hold `/` (a wildcard, not the list of the RFC) |
/// | `{+x}` | one value of any characters |
/// | `{.x}`, `{/x}`, `{;x}` | as `{x}`, after `.`, after `/`, after `;x=` |
/// | `{#x}` | the fragment |
/// | `{.x*}`, `{/x*}`, `{;x*}`, `{+x*}`, `{#x*}` | a list of at least one value |
/// | `{?x,y}`, `{&x}` | query parameters in any order, each of which may be absent |
///
/// Every variable outside the query must be there and not be empty. Parameters of the query that the template does
/// not know are ignored, and of a repeated one that is no list the first counts. A `+` in a query is a plus.
/// The scheme compares without regard to case, all else exactly.
///
/// # Ambiguity
///
/// From the left, each variable takes as little as lets the rest match: it ends at the leftmost occurrence of the
/// text that follows it. So `{a}-{b}` reads `x-y-z` as `x` and `y-z`, and `{+dir}/{name}` reads `a/b/c` as `a/b`
/// and `c`. Nothing is tried twice: the work is at most the length of the URI times the number of variables.
///
/// # Path security
///
/// A variable's value, percent-decoded once, is often made part of a file name. So a URI does not match where a
/// value holds a control character, a backslash, a `.` or `..` segment, a `/` at its start (or anywhere, if the
/// variable is one segment), a drive as in `C:`, or a still encoded dot, slash or backslash.
/// [`with_any_path`](Self::with_any_path) turns this off for one variable.
///
/// ```
/// # use toolwright_core::uri_template::UriTemplate;
/// let template = UriTemplate::parse("files://{+path}")?;
/// assert!(template.matches("files://docs/guide.md").is_some());
/// assert!(template.matches("files://docs/%2e%2e/secret").is_none());
/// assert!(template.with_any_path("path").matches("files:///etc/hosts").is_some());
/// # Ok::<(), toolwright_core::uri_template::InvalidTemplate>(())
/// ```
#[derive(Debug, Clone)]
pub struct UriTemplate {
    text: String,
    pieces: Vec<Piece>,
    variables: Vec<Variable>,
    /// By variable: whether path security is off.
    any_path: Vec<bool>,
    plan: Plan,
}

/// One variable of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name as the template has it.
    pub name: String,
    /// Whether it may be absent: it is part of the query, as in `{?x}` or `{&x}`.
    pub optional: bool,
    /// Whether it matches a list, [`Matched::Many`].
    pub exploded: bool,
    /// Whether one value may hold `/`: it is `{x*}`, `{+x}`, the fragment or part of the query.
    pub spans_path: bool,
}

/// What a variable matched, percent-decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// One value.
    One(String),
    /// The values of a variable that is [`exploded`](Variable::exploded).
    Many(Vec<String>),
}

/// Why a text is no template, and where.
///
/// ```
/// # use toolwright_core::uri_template::UriTemplate;
/// let error = UriTemplate::parse("orders://{id").unwrap_err();
/// assert_eq!(error.offset(), 9);
/// assert_eq!(error.to_string(), "`{` is never closed (at byte 9)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTemplate {
    message: String,
    offset: usize,
}

impl InvalidTemplate {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset }
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The byte of the template where it is wrong.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for InvalidTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for InvalidTemplate {}

impl UriTemplate {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// When the text is no template of RFC 6570, or one that cannot be matched: it names a variable twice, has the
    /// prefix modifier `{x:3}`, has two variables with nothing between them, or goes on after its query with
    /// anything but `{&..}` and a fragment. Also when it is over [`MAX_TEMPLATE_BYTES`] or [`MAX_VARIABLES`].
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let (pieces, variables) = parse::pieces(text)?;
        let plan = Plan::new(&pieces, &variables)?;
        Ok(Self { text: text.to_owned(), any_path: vec![false; variables.len()], pieces, variables, plan })
    }

    /// The text that was parsed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables in the order in which they appear.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The number of bytes outside of expressions: of two templates that match, the one with more is more specific.
    pub fn literal_len(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| if let Piece::Literal { text, .. } = piece { text.len() } else { 0 })
            .sum()
    }

    /// Turns path security off for one variable; a name that the template does not have changes nothing.
    #[must_use]
    pub fn with_any_path(mut self, name: &str) -> Self {
        if let Some(index) = self.variables.iter().position(|variable| variable.name == name) {
            self.any_path[index] = true;
        }
        self
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// What matched, as `name=value name=[item|item]`.
    fn shown(template: &UriTemplate, uri: &str) -> Option<String> {
        let found = template.matches(uri)?;
        let shown = template.variables().iter().zip(found).filter_map(|(variable, value)| {
            Some(match value? {
                Matched::One(value) => format!("{}={value}", variable.name),
                Matched::Many(items) => format!("{}=[{}]", variable.name, items.join("|")),
            })
        });
        Some(shown.collect::<Vec<_>>().join(" "))
    }

    fn check(cases: &[(&str, &str, Option<&str>)]) {
        for (text, uri, expected) in cases {
            let template = UriTemplate::parse(text).unwrap();
            assert_eq!(shown(&template, uri).as_deref(), *expected, "{text} on {uri}");
        }
    }

    #[test]
    fn one_segment_and_its_edges() {
        check(&[
            ("orders://{id}", "orders://ORD-1", Some("id=ORD-1")),
            ("orders://{id}", "ORDERS://ORD-1", Some("id=ORD-1")),
            ("Orders://{id}", "oRDERS://ORD-1", Some("id=ORD-1")),
            ("orders://{id}", "orders://", None),
            ("orders://{id}", "orders:/1", None),
            ("orders://{id}", "orders", None),
            ("orders://{id}", "", None),
            ("orders://{id}", "order://1", None),
            ("orders://{id}", "xorders://1", None),
            ("orders://{id}", "orders://a/b", None),
            ("orders://{id}", "orders://a/", None),
            ("orders://{id}", "orders://a?b=c", None),
            ("orders://{id}", "orders://a#b", None),
            ("orders://{id}", "orders://a,b;c=d", Some("id=a,b;c=d")),
            ("orders://{id}", "orders://a%20b%2Cc", Some("id=a b,c")),
            ("orders://{id}", "orders://caf%C3%A9", Some("id=café")),
            ("orders://{id}", "orders://café", Some("id=café")),
            ("orders://{id}", "orders://a+b", Some("id=a+b")),
            ("orders://{id}", "orders://100%25", Some("id=100%")),
            ("orders://{id}", "orders://a%", None),
            ("orders://{id}", "orders://a%2", None),
            ("orders://{id}", "orders://a%zz", None),
            ("orders://{id}", "orders://a%FF", None),
            ("orders://{id}", "orders://a%C3", None),
            ("orders://Host/{id}", "orders://host/1", None),
            ("orders://{id}/items", "orders://1/items", Some("id=1")),
            ("orders://{id}/items", "orders://1/items/", None),
            ("orders://{id}/items", "orders://1/Items", None),
            ("orders://{id}/items", "orders:///items", None),
            ("orders://all", "orders://all", Some("")),
            ("orders://all", "orders://all?x=1", None),
            ("orders://caf%C3%A9/{id}", "orders://café/1", Some("id=1")),
            ("orders://café/{id}", "orders://caf%C3%A9/1", Some("id=1")),
            ("", "", Some("")),
            ("", "a", None),
        ]);
    }

    #[test]
    fn the_leftmost_end_wins_if_the_rest_matches() {
        check(&[
            ("x://{a}-{b}", "x://x-y-z", Some("a=x b=y-z")),
            ("x://{a}-{b}", "x://-y", None),
            ("x://{a}-{b}", "x://--y", Some("a=- b=y")),
            ("x://{a}-{b}", "x://x-", None),
            ("x://{a,b}", "x://1,2,3", Some("a=1 b=2,3")),
            ("x://{a,b}", "x://1", None),
            ("x://{a}.{b}", "x://a.tar.gz", Some("a=a b=tar.gz")),
            ("x://{a}2{b}", "x://%3222", Some("a=2 b=2")),
            ("x://{a}2{b}", "x://a%2Cb", None),
            ("x://{+dir}/{name}", "x://a/b/c", Some("dir=a/b name=c")),
            ("x://{+dir}/{name}", "x://c", None),
            ("x://{+a}/{+b}", "x://1/2/3", Some("a=1 b=2/3")),
            ("x://{+path}/raw", "x://a/raw/raw", Some("path=a/raw")),
            ("x://{+path}/raw", "x://a/raw/b", None),
            ("x:{/a*}{/b}", "x:/1/2/3", Some("a=[1|2] b=3")),
            ("x:{/a*}{/b}", "x:/1", None),
            ("{scheme}://{id}", "X://1", Some("scheme=X id=1")),
        ]);
    }

    #[test]
    fn values_that_span_paths() {
        check(&[
            ("files://{+path}", "files://a/b.txt", Some("path=a/b.txt")),
            ("files://{+path}", "files://a", Some("path=a")),
            ("files://{+path}", "files://", None),
            ("files://{+path}", "files://a?b#c", Some("path=a?b#c")),
            ("files://{+path}", "files://a%2Fb", Some("path=a/b")),
            ("files:///{path*}", "files:///a/b.txt", Some("path=a/b.txt")),
            ("files:///{path*}", "files:///a//b/", Some("path=a//b/")),
            ("files:///{path*}", "files:///a?b", None),
            ("files:///{path*}", "files:///a#b", None),
            ("files:///{path*}", "files:///", None),
            ("fetch://{+url}", "fetch://https://example.com/a?b=c", Some("url=https://example.com/a?b=c")),
        ]);
    }

    #[test]
    fn the_other_operators() {
        check(&[
            ("x://a{.ext}", "x://a.tar.gz", Some("ext=tar.gz")),
            ("x://a{.ext}", "x://a", None),
            ("x://a{.ext*}", "x://a.tar.gz", Some("ext=[tar|gz]")),
            ("x://a{.ext*}", "x://a.tar%2Egz", Some("ext=[tar.gz]")),
            ("x://a{.ext*}", "x://a.tar..gz", None),
            ("x://a{.b,c}", "x://a.1.2", Some("b=1 c=2")),
            ("x://a{/b,c}", "x://a/1/2", Some("b=1 c=2")),
            ("x://a{/b,c}", "x://a/1", None),
            ("x://a{/b*}", "x://a/1/2%20/3", Some("b=[1|2 |3]")),
            ("x://a{/b*}", "x://a", None),
            ("x://a{/b*}", "x://a/1/", None),
            ("x://a{/b*}", "x://a//1", None),
            ("x://a{;b,c}", "x://a;b=1;c=2", Some("b=1 c=2")),
            ("x://a{;b,c}", "x://a;c=2;b=1", None),
            ("x://a{;b}", "x://a;b", None),
            ("x://a{;b}", "x://a;b=1;c=2", None),
            ("x://a{;b*}", "x://a;b=1;b=2", Some("b=[1|2]")),
            ("x://a{;b*}", "x://a;b=1;c=2", None),
            ("x://{+b*}", "x://1,2/3", Some("b=[1|2/3]")),
            ("x://a{#b}", "x://a#1/2?3", Some("b=1/2?3")),
            ("x://a{#b}", "x://a", None),
            ("x://a{#b}", "x://a#", None),
            ("x://a{#b,c}", "x://a#1,2", Some("b=1 c=2")),
            ("x://a{#b*}", "x://a#1,2", Some("b=[1|2]")),
        ]);
    }

    #[test]
    fn query_parameters() {
        check(&[
            ("s://i{?q,limit}", "s://i?q=a&limit=5", Some("q=a limit=5")),
            ("s://i{?q,limit}", "s://i?limit=5&q=a", Some("q=a limit=5")),
            ("s://i{?q,limit}", "s://i?limit=5", Some("limit=5")),
            ("s://i{?q,limit}", "s://i", Some("")),
            ("s://i{?q,limit}", "s://i?", Some("")),
            ("s://i{?q,limit}", "s://i?&&", Some("")),
            ("s://i{?q,limit}", "s://i?other=1&q=a&=x", Some("q=a")),
            ("s://i{?q,limit}", "s://i?q=", Some("q=")),
            ("s://i{?q,limit}", "s://i?q", Some("q=")),
            ("s://i{?q,limit}", "s://i?q=1&q=2", Some("q=1")),
            ("s://i{?q,limit}", "s://i?Q=1", Some("")),
            ("s://i{?q,limit}", "s://i?q=a%26b%3Dc+d=e", Some("q=a&b=c+d=e")),
            ("s://i{?q,limit}", "s://i?q=a/b", Some("q=a/b")),
            ("s://i{?q,limit}", "s://i?q=%zz", None),
            ("s://i{?q,limit}", "s://i?q=%FF", None),
            ("s://i{?q,limit}", "s://i?q=a#f", None),
            ("s://i{?q,limit}", "s://i/?q=a", None),
            ("s://i{?q,limit}", "s://i&q=a", None),
            ("s://i{?q*}", "s://i?q=1&x=3&q=2", Some("q=[1|2]")),
            ("s://i{?q*}", "s://i", Some("")),
            ("s://i?v=1{&q}", "s://i?v=1&q=a", Some("q=a")),
            ("s://i?v=1{&q}", "s://i?v=1", Some("")),
            ("s://i?v=1{&q}", "s://i?v=12", None),
            ("s://i?v=1{&q}", "s://i?q=a", None),
            ("s://i?v={v}{&q}", "s://i?v=1&x=2&q=a", Some("v=1 q=a")),
            ("s://i?v={v}", "s://i?v=1", Some("v=1")),
            ("s://i{?q}{&r}", "s://i?r=1", Some("r=1")),
            ("s://i{?q}{#f}", "s://i?q=a#b", Some("q=a f=b")),
            ("s://i{?q}{#f}", "s://i#b", Some("f=b")),
            ("s://i{?q}{#f}", "s://i?q=a", None),
            ("s://i{?q}#top", "s://i?q=a#top", Some("q=a")),
            ("s://{id}{?q}", "s://1?q=a", Some("id=1 q=a")),
            ("s://{+path}{?q}", "s://a/b?q=c?d", Some("path=a/b q=c?d")),
            ("{?q}", "?q=1", Some("q=1")),
        ]);
    }

    #[test]
    fn unsafe_values_are_refused() {
        let cases = [
            ("f://{+p}", "f://../etc/passwd"),
            ("f://{+p}", "f://a/../../etc/passwd"),
            ("f://{+p}", "f://a/.."),
            ("f://{+p}", "f://./a"),
            ("f://{+p}", "f://a/./b"),
            ("f://{+p}", "f:///etc/passwd"),
            ("f://{+p}", "f://%2Fetc/passwd"),
            ("f://{+p}", "f://%2e%2e/etc"),
            ("f://{+p}", "f://%2E%2E%2Fetc"),
            ("f://{+p}", "f://.%2e/etc"),
            ("f://{+p}", "f://a/..%2Fb"),
            ("f://{+p}", "f://%252e%252e/etc"),
            ("f://{+p}", "f://a%252Fb"),
            ("f://{+p}", "f://..%5Cetc"),
            ("f://{+p}", "f://..\\etc"),
            ("f://{+p}", "f://a%255cb"),
            ("f://{+p}", "f://C:/Windows"),
            ("f://{+p}", "f://c%3A/Windows"),
            ("f://{+p}", "f://C:"),
            ("f://{+p}", "f://a%00.txt"),
            ("f://{+p}", "f://a\0.txt"),
            ("f://{+p}", "f://a%0Ab"),
            ("f://{+p}", "f://a%7F"),
            ("f://{+p}", "f://a%C2%85"),
            ("f://{+p}", "f://%2e%2e%20/a"),
            ("f:///{p*}", "f:////etc/passwd"),
            ("f:///{p*}", "f:///a/../b"),
            ("f:///{p*}", "f:///a/%2e%2e/b"),
            ("f://{p}", "f://.."),
            ("f://{p}", "f://."),
            ("f://{p}", "f://%2e%2e"),
            ("f://{p}", "f://a%2Fb"),
            ("f://{p}", "f://a%2fb"),
            ("f://{p}", "f://..%2F..%2Fetc"),
            ("f://{p}", "f://%252e"),
            ("f://{p}", "f://C:x"),
            ("f:/{/p*}", "f://a/../b"),
            ("f:/{/p*}", "f://a/b%2Fc"),
            ("f:/{/p*}", "f://a/C:/b"),
            ("f://a{.p}", "f://a.."),
            ("f://a{;p}", "f://a;p=.."),
            ("f://a{#p}", "f://a#../b"),
            ("f://a{?p}", "f://a?p=../b"),
            ("f://a{?p}", "f://a?p=%2Fetc"),
            ("f://a{?p*}", "f://a?p=b&p=.."),
        ];
        for (text, uri) in cases {
            let template = UriTemplate::parse(text).unwrap();
            assert_eq!(template.matches(uri), None, "{text} on {uri}");
            let open = template.with_any_path("none").with_any_path("p");
            assert!(open.matches(uri).is_some(), "{text} on {uri} is refused for another reason");
        }
    }

    #[test]
    fn path_security_is_off_for_the_named_variable_only() {
        let template = UriTemplate::parse("f://{a}/{b}").unwrap().with_any_path("a");
        assert_eq!(shown(&template, "f://../b").as_deref(), Some("a=.. b=b"));
        assert_eq!(shown(&template, "f://a/.."), None);
        assert_eq!(shown(&template, "f://%252e%2F/b").as_deref(), Some("a=%2e/ b=b"));
        assert_eq!(shown(&template, "f://%FF/b"), None);
    }

    #[test]
    fn no_value_goes_past_its_segment_in_search_of_an_end() {
        let template = UriTemplate::parse("f://{a}2{+b}").unwrap().with_any_path("a").with_any_path("b");
        assert_eq!(shown(&template, "f://a%2C/b2c"), None);
        assert_eq!(shown(&template, "f://a%2Cb2c/d").as_deref(), Some("a=a,b b=c/d"));
        assert_eq!(shown(&template, "f://a/b2c"), None);
    }

    #[test]
    fn names_that_only_look_unsafe_pass() {
        check(&[
            ("f://{+p}", "f://.git/config", Some("p=.git/config")),
            ("f://{+p}", "f://a..b/...", Some("p=a..b/...")),
            ("f://{+p}", "f://a%2Eb", Some("p=a.b")),
            ("f://{p}", "f://12:30", Some("p=12:30")),
            ("f://{p}", "f://urn:x", Some("p=urn:x")),
        ]);
    }

    #[test]
    fn more_literal_bytes_are_more_specific() {
        let len = |text: &str| UriTemplate::parse(text).unwrap().literal_len();
        assert!(len("orders://{id}/items") > len("orders://{+rest}"));
        assert_eq!(len("orders://{id}/items{?q}"), "orders:///items".len());
    }
}
