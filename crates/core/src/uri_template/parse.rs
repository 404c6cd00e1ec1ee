//! Cuts a template into literals and expressions (<https://www.rfc-editor.org/rfc/rfc6570#section-2>).

use std::ops::Range;

use super::{InvalidTemplate, MAX_TEMPLATE_BYTES, MAX_VARIABLES, Variable, percent};

/// A literal or an expression, and the byte of the template at which it starts.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Literal { offset: usize, text: String },
    Expression { offset: usize, operator: Operator, variables: Range<usize> },
}

/// The operator of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `{x}`
    Simple,
    /// `{+x}`
    Reserved,
    /// `{#x}`
    Fragment,
    /// `{.x}`
    Label,
    /// `{/x}`
    Segment,
    /// `{;x}`
    Parameter,
    /// `{?x}`
    Query,
    /// `{&x}`
    Continuation,
}

impl Operator {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'+' => Self::Reserved,
            b'#' => Self::Fragment,
            b'.' => Self::Label,
            b'/' => Self::Segment,
            b';' => Self::Parameter,
            b'?' => Self::Query,
            b'&' => Self::Continuation,
            _ => return None,
        })
    }

    /// Whether it adds to the query.
    pub(super) fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::Continuation)
    }
}

/// The pieces of a template, and its variables in order.
pub(super) fn pieces(text: &str) -> Result<(Vec<Piece>, Vec<Variable>), InvalidTemplate> {
    if text.len() > MAX_TEMPLATE_BYTES {
        let message =
            format!("a template has at most {MAX_TEMPLATE_BYTES} bytes, this one has {}", text.len());
        return Err(InvalidTemplate::new(MAX_TEMPLATE_BYTES, message));
    }
    let (mut pieces, mut variables) = (Vec::new(), Vec::new());
    let mut offset = 0;
    while offset < text.len() {
        let rest = &text[offset..];
        if rest.starts_with('{') {
            let Some(len) = rest.find('}') else {
                return Err(InvalidTemplate::new(offset, "`{` is never closed"));
            };
            let first = variables.len();
            let operator = expression(&rest[1..len], offset + 1, &mut variables)?;
            pieces.push(Piece::Expression { offset, operator, variables: first..variables.len() });
            offset += len + 1;
        } else {
            let len = rest.find('{').unwrap_or(rest.len());
            check_literal(&rest[..len], offset)?;
            pieces.push(Piece::Literal { offset, text: rest[..len].to_owned() });
            offset += len;
        }
    }
    Ok((pieces, variables))
}

fn check_literal(text: &str, offset: usize) -> Result<(), InvalidTemplate> {
    for (at, char) in text.char_indices() {
        let message = match char {
            '}' => "`}` without a `{` before it".to_owned(),
            '%' if !percent::is_triplet(&text.as_bytes()[at..]) => {
                "`%` without two hex digits after it".to_owned()
            }
            '"' | '<' | '>' | '\\' | '^' | '`' | '|' | ' ' => format!("{char:?} cannot be in a URI"),
            _ if char.is_control() => format!("{char:?} cannot be in a URI"),
            _ => continue,
        };
        return Err(InvalidTemplate::new(offset + at, message));
    }
    Ok(())
}

/// Reads what is between `{` and `}`.
fn expression(
    body: &str,
    mut offset: usize,
    variables: &mut Vec<Variable>,
) -> Result<Operator, InvalidTemplate> {
    let Some(&first) = body.as_bytes().first() else {
        return Err(InvalidTemplate::new(offset, "an expression without a variable"));
    };
    if matches!(first, b'=' | b'!' | b'@' | b'|') {
        let message = format!("the operator `{}` is reserved by RFC 6570", char::from(first));
        return Err(InvalidTemplate::new(offset, message));
    }
    let (operator, names) = match Operator::from_byte(first) {
        Some(operator) => (operator, &body[1..]),
        None => (Operator::Simple, body),
    };
    offset += body.len() - names.len();
    for spec in names.split(',') {
        variables.push(variable(spec, offset, operator, variables)?);
        offset += spec.len() + 1;
    }
    Ok(operator)
}

fn variable(
    spec: &str,
    offset: usize,
    operator: Operator,
    before: &[Variable],
) -> Result<Variable, InvalidTemplate> {
    let (name, star) = spec.strip_suffix('*').map_or((spec, false), |name| (name, true));
    check_name(name, offset)?;
    if before.iter().any(|variable| variable.name == name) {
        return Err(InvalidTemplate::new(offset, format!("the variable `{name}` is there twice")));
    }
    if before.len() == MAX_VARIABLES {
        return Err(InvalidTemplate::new(
            offset,
            format!("a template has at most {MAX_VARIABLES} variables"),
        ));
    }
    let simple = operator == Operator::Simple;
    Ok(Variable {
        name: name.to_owned(),
        optional: operator.is_query(),
        exploded: star && !simple,
        spans_path: match operator {
            Operator::Simple => star,
            Operator::Reserved | Operator::Fragment | Operator::Query | Operator::Continuation => true,
            Operator::Label | Operator::Segment | Operator::Parameter => false,
        },
    })
}

fn check_name(name: &str, offset: usize) -> Result<(), InvalidTemplate> {
    if name.is_empty() {
        return Err(InvalidTemplate::new(offset, "a variable without a name"));
    }
    let bytes = name.as_bytes();
    for (at, char) in name.char_indices() {
        let message = match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => continue,
            '.' if at > 0 && bytes[at - 1] != b'.' && at + 1 < bytes.len() => continue,
            '%' if percent::is_triplet(&bytes[at..]) => continue,
            ':' => format!("the prefix modifier `{}` is not supported: it cannot be reversed", &name[at..]),
            '*' => "`*` comes last, after the name".to_owned(),
            _ => format!("{char:?} cannot be in a variable name here"),
        };
        return Err(InvalidTemplate::new(offset + at, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::UriTemplate;
    use super::*;

    #[test]
    fn an_invalid_template_says_what_is_wrong_and_where() {
        let cases = [
            ("a{", 1, "never closed"),
            ("a{x", 1, "never closed"),
            ("é{x", 2, "never closed"),
            ("a}", 1, "without a `{`"),
            ("a{x}}", 4, "without a `{`"),
            ("a{}", 2, "without a variable"),
            ("a{+}", 3, "without a name"),
            ("a{*}", 2, "without a name"),
            ("a{,x}", 2, "without a name"),
            ("a{x,}", 4, "without a name"),
            ("a{x,,y}", 4, "without a name"),
            ("a{=x}", 2, "`=` is reserved"),
            ("a{!x}", 2, "`!` is reserved"),
            ("a{@x}", 2, "`@` is reserved"),
            ("a{|x}", 2, "`|` is reserved"),
            ("a{x:3}", 3, "prefix modifier `:3`"),
            ("a{+x:30}", 4, "prefix modifier `:30`"),
            ("a{x**}", 3, "`*` comes last"),
            ("a{x*y}", 3, "`*` comes last"),
            ("a{order-id}", 7, "'-' cannot be"),
            ("a{x y}", 3, "' ' cannot be"),
            ("a{x{y}}", 3, "'{' cannot be"),
            ("a{é}", 2, "'é' cannot be"),
            ("a{x.}", 3, "'.' cannot be"),
            ("a{x..y}", 4, "'.' cannot be"),
            ("a{x%2}", 3, "'%' cannot be"),
            ("a b", 1, "' ' cannot be in a URI"),
            ("a\\b", 1, "cannot be in a URI"),
            ("a\0b", 1, "cannot be in a URI"),
            ("a<b>", 1, "cannot be in a URI"),
            ("a%2", 1, "two hex digits"),
            ("a%zz", 1, "two hex digits"),
            ("{x}/{x}", 5, "`x` is there twice"),
            ("{x}{?y,x}", 7, "`x` is there twice"),
            ("{x}{y}", 3, "nothing between"),
            ("{x}{+y}", 3, "nothing between"),
            ("{/x*}{y}", 5, "nothing between"),
            ("a{?x}{?y}", 5, "second query"),
            ("a?b=1{?y}", 5, "second query"),
            ("a{&x}", 1, "needs a `?`"),
            ("a{?x}/b", 5, "after a query"),
            ("a{?x}{/y}", 5, "after a query"),
            ("a{#x}{?y}", 5, "before the fragment"),
            ("a#b{?y}", 3, "before the fragment"),
            ("a{?x}#b{&y}", 7, "before the fragment"),
        ];
        for (text, offset, part) in cases {
            let error = UriTemplate::parse(text).expect_err(text);
            assert!(error.message().contains(part), "{text}: {error}");
            assert_eq!(error.offset(), offset, "{text}: {error}");
        }
    }

    #[test]
    fn the_limits_are_the_last_values_that_pass() {
        assert!(UriTemplate::parse(&"a".repeat(MAX_TEMPLATE_BYTES)).is_ok());
        let error = UriTemplate::parse(&"a".repeat(MAX_TEMPLATE_BYTES + 1)).unwrap_err();
        assert_eq!(error.offset(), MAX_TEMPLATE_BYTES);
        let many = |count: usize| (0..count).map(|n| format!("{{v{n}}}/")).collect::<String>();
        assert!(UriTemplate::parse(&many(MAX_VARIABLES)).is_ok());
        let error = UriTemplate::parse(&many(MAX_VARIABLES + 1)).unwrap_err();
        assert_eq!(error.offset(), many(MAX_VARIABLES).len() + 1);
    }

    #[test]
    fn variables_are_described_in_order() {
        let template = UriTemplate::parse("x://{a}/{b*}/{+c}{.d}{/e*}{;f,g*}{?h,i*}{&j}{#k}").unwrap();
        let described: Vec<_> = template
            .variables()
            .iter()
            .map(|v| (v.name.as_str(), v.optional, v.exploded, v.spans_path))
            .collect();
        let expected = [
            ("a", false, false, false),
            ("b", false, false, true),
            ("c", false, false, true),
            ("d", false, false, false),
            ("e", false, true, false),
            ("f", false, false, false),
            ("g", false, true, false),
            ("h", true, false, true),
            ("i", true, true, true),
            ("j", true, false, true),
            ("k", false, false, true),
        ];
        assert_eq!(described, expected);
        assert_eq!(template.literal_len(), "x:////".len());
        assert_eq!(template.as_str(), "x://{a}/{b*}/{+c}{.d}{/e*}{;f,g*}{?h,i*}{&j}{#k}");
    }

    #[test]
    fn names_may_have_dots_and_percent_triplets() {
        let template = UriTemplate::parse("{a.b}/{c%20d}").unwrap();
        let names: Vec<_> = template.variables().iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["a.b", "c%20d"]);
    }
}
