//! Expands a template with values (<https://www.rfc-editor.org/rfc/rfc6570#section-3>).

use std::ops::Range;

use super::parse::{Operator, Piece};
use super::{Matched, UriTemplate, percent};

impl UriTemplate {
    /// Expands the template with values, by the index of their variable; one that is absent expands to nothing.
    ///
    /// What comes out matches again, to the same values, if path security passes them and every variable outside the
    /// query has a value that is not empty. Two templates cannot promise that: one where the text after a list also
    /// comes between its items, and one where the text after a value starts with a percent-encoded character.
    ///
    /// To that end it differs from RFC 6570 in four ways: a `%` in a value is always encoded, a character that would
    /// end its value too early is encoded, `{x*}` keeps `/`, and `{&x}` starts with `?` if the `{?..}` before it is
    /// empty.
    ///
    /// ```
    /// # use toolwright_core::uri_template::{Matched, UriTemplate};
    /// let template = UriTemplate::parse("docs://{name}.{format}")?;
    /// let values = ["v1.2", "md"].map(|value| Some(Matched::One(value.into())));
    /// assert_eq!(template.expand(&values), "docs://v1%2E2.md");
    /// # Ok::<(), toolwright_core::uri_template::InvalidTemplate>(())
    /// ```
    pub fn expand(&self, values: &[Option<Matched>]) -> String {
        let mut uri = String::new();
        let mut asked = self.plan.query.as_ref().is_some_and(|query| query.lead == b'&');
        for piece in &self.pieces {
            match piece {
                Piece::Literal { text, .. } => uri.push_str(&percent::ascii(text)),
                Piece::Expression { operator, variables, .. } => {
                    self.expand_all(&mut uri, &mut asked, *operator, variables.clone(), values);
                }
            }
        }
        uri
    }

    fn expand_all(
        &self,
        uri: &mut String,
        asked: &mut bool,
        operator: Operator,
        range: Range<usize>,
        values: &[Option<Matched>],
    ) {
        let mut first = true;
        for index in range {
            let items = match values.get(index) {
                Some(Some(Matched::One(value))) => std::slice::from_ref(value),
                Some(Some(Matched::Many(values))) => values.as_slice(),
                _ => &[],
            };
            if items.is_empty() {
                continue;
            }
            let items: Vec<_> = items.iter().map(|item| self.encode(index, operator, item)).collect();
            let exploded = self.variables[index].exploded;
            let groups: Vec<_> = if exploded { items } else { vec![items.join(",")] };
            for item in groups {
                uri.push_str(match operator {
                    Operator::Query | Operator::Continuation if *asked => "&",
                    Operator::Query | Operator::Continuation => "?",
                    Operator::Label => ".",
                    Operator::Segment => "/",
                    Operator::Parameter => ";",
                    Operator::Fragment if first => "#",
                    _ if first => "",
                    _ => ",",
                });
                *asked |= operator.is_query();
                first = false;
                if operator.is_query() || operator == Operator::Parameter {
                    uri.push_str(&self.variables[index].name);
                    // An empty path parameter has no `=`, an empty query parameter has one.
                    uri.push_str(if item.is_empty() && !operator.is_query() { "" } else { "=" });
                }
                uri.push_str(&item);
            }
        }
    }

    fn encode(&self, variable: usize, operator: Operator, item: &str) -> String {
        let spans_path = self.variables[variable].spans_path;
        let keep = |byte| {
            percent::is_unreserved(byte)
                || match operator {
                    Operator::Simple => byte == b'/' && spans_path,
                    Operator::Reserved | Operator::Fragment => percent::is_reserved(byte),
                    _ => false,
                }
        };
        let mut encoded = percent::encode(item, keep);
        let mut hidden = Vec::new();
        for guard in &self.plan.guards[variable] {
            let len = encoded.len();
            encoded.push_str(guard);
            if encoded.find(guard.as_str()).is_some_and(|at| at < len) {
                hidden.extend(guard.bytes().next());
            }
            encoded.truncate(len);
        }
        if hidden.is_empty() {
            return encoded;
        }
        percent::encode(item, |byte| keep(byte) && !hidden.contains(&byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(value: &str) -> Option<Matched> {
        Some(Matched::One(value.into()))
    }

    fn expanded(template: &str) -> String {
        let template = UriTemplate::parse(template).unwrap();
        let values = template.variables().iter().map(|variable| match variable.name.as_str() {
            "list" => Some(Matched::Many(["red", "green", "blue"].map(String::from).into())),
            "none" => Some(Matched::Many(Vec::new())),
            "var" => one("value"),
            "hello" => one("Hello World!"),
            "path" => one("/foo/bar"),
            "base" => one("http://example.com/home/"),
            "half" => one("50%"),
            "empty" => one(""),
            "x" => one("1024"),
            "y" => one("768"),
            "who" => one("fred"),
            _ => None,
        });
        template.expand(&values.collect::<Vec<_>>())
    }

    /// From section 3.2 of the RFC.
    const RFC: &[(&str, &str)] = &[
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{half}", "50%25"),
        ("O{empty}X", "OX"),
        ("O{undef}X", "OX"),
        ("{x,y}", "1024,768"),
        ("{x,hello,y}", "1024,Hello%20World%21,768"),
        ("?{x,empty}", "?1024,"),
        ("?{x,undef}", "?1024"),
        ("?{undef,y}", "?768"),
        ("{list}", "red,green,blue"),
        ("{list*}", "red,green,blue"),
        ("{+hello}", "Hello%20World!"),
        ("{+half}", "50%25"),
        ("{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"),
        ("{+base}index", "http://example.com/home/index"),
        ("O{+empty}X", "OX"),
        ("O{+undef}X", "OX"),
        ("{+path}/here", "/foo/bar/here"),
        ("here?ref={+path}", "here?ref=/foo/bar"),
        ("up{+path}-{var}/here", "up/foo/bar-value/here"),
        ("{+x,hello,y}", "1024,Hello%20World!,768"),
        ("{+path,x}/here", "/foo/bar,1024/here"),
        ("{+list}", "red,green,blue"),
        ("{+list*}", "red,green,blue"),
        ("{#var}", "#value"),
        ("{#hello}", "#Hello%20World!"),
        ("foo{#empty}", "foo#"),
        ("foo{#undef}", "foo"),
        ("{#x,hello,y}", "#1024,Hello%20World!,768"),
        ("{#path,x}/here", "#/foo/bar,1024/here"),
        ("{#list*}", "#red,green,blue"),
        ("{.who}", ".fred"),
        ("X{.var}", "X.value"),
        ("X{.empty}", "X."),
        ("X{.undef}", "X"),
        ("{.half,who}", ".50%25.fred"),
        ("X{.list}", "X.red,green,blue"),
        ("X{.list*}", "X.red.green.blue"),
        ("X{.none}", "X"),
        ("X{.none*}", "X"),
        ("{/who}", "/fred"),
        ("{/half,who}", "/50%25/fred"),
        ("{/var,empty}", "/value/"),
        ("{/var,undef}", "/value"),
        ("{/var,x}/here", "/value/1024/here"),
        ("{/list}", "/red,green,blue"),
        ("{/list*}", "/red/green/blue"),
        ("{;who}", ";who=fred"),
        ("{;half}", ";half=50%25"),
        ("{;empty}", ";empty"),
        ("{;hello,undef,x}", ";hello=Hello%20World%21;x=1024"),
        ("{;list}", ";list=red,green,blue"),
        ("{;list*}", ";list=red;list=green;list=blue"),
        ("{?who}", "?who=fred"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="),
        ("{?x,y,undef}", "?x=1024&y=768"),
        ("{?list}", "?list=red,green,blue"),
        ("{?list*}", "?list=red&list=green&list=blue"),
        ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        ("?a{&var,empty}", "?a&var=value&empty="),
        ("?a{&list*}", "?a&list=red&list=green&list=blue"),
        ("{?undef}{&x}", "?x=1024"),
        ("é/{var}", "%C3%A9/value"),
    ];

    #[test]
    fn the_examples_of_the_rfc_expand_as_it_says() {
        for (template, uri) in RFC {
            assert_eq!(expanded(template), *uri, "{template}");
        }
    }

    #[test]
    fn a_character_that_would_end_a_value_early_is_encoded() {
        let cases = [
            ("{a}-{b}", "x-y", "x%2Dy-x-y"),
            ("{a}2{b}", "2/", "%32%2F22%2F"),
            ("{+a}/{b}", "x/y", "x%2Fy/x%2Fy"),
            ("{a*}/raw{.b}", "x/y", "x/y/raw.x%2Fy"),
            ("{+a}{?b}", "x?#&", "x%3F%23&?b=x%3F%23%26"),
            ("?a={+a}{&b}", "x?#&", "?a=x?%23%26&b=x%3F%23%26"),
            ("{+a}{#b}", "?#", "?%23#?#"),
        ];
        for (text, value, uri) in cases {
            let template = UriTemplate::parse(text).unwrap().with_any_path("a").with_any_path("b");
            let values = [one(value), one(value)];
            assert_eq!(template.expand(&values), uri, "{text}");
            assert_eq!(template.matches(uri), Some(values.into()), "{text}");
        }
    }

    #[test]
    fn missing_values_expand_to_nothing() {
        let template = UriTemplate::parse("x:{a}{/b}{?c}").unwrap();
        assert_eq!(template.expand(&[]), "x:");
        assert_eq!(template.expand(&[one("1")]), "x:1");
    }

    /// A template of any operators, with something between every two variables.
    fn templates() -> impl Strategy<Value = String> {
        let literal = prop::sample::select(vec!["-", "/", "x", ".", "aa", "/lit/", "~2", ";", ",", "F:"]);
        let value =
            prop::sample::select(vec!["{N}", "{N*}", "{+N}", "{.N}", "{/N}", "{;N}", "{N,Nb}", "{+N,Nb}"]);
        let last = prop::sample::select(vec!["", "{/N*}", "{.N*}", "{;N*}", "/{+N*}"]);
        let query = prop::sample::select(vec!["", "{?N,Nb*}", "{?N}{&Nb}", "?f=1{&N,Nb*}", "?f={N}{&Nb*}"]);
        let tail = prop::sample::select(vec!["", "{#N}", "{#N,Nb*}", "#p{Nb}"]);
        (prop::collection::vec((literal, value), 0..5), last, query, tail).prop_map(
            |(head, last, query, tail)| {
                let mut text = "T+1:".to_owned();
                for (at, (literal, value)) in head.into_iter().enumerate() {
                    text.push_str(literal);
                    text.push_str(&value.replace('N', &format!("v{at}")));
                }
                for (name, part) in [("l", last), ("q", query), ("t", tail)] {
                    text.push_str(&part.replace('N', name));
                }
                text
            },
        )
    }

    fn values() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(prop_oneof!["[a-cx2fF.%/~,;:&=?#é -]{1,6}", "\\PC{1,8}", "(?s).{1,4}"], 1..4)
    }

    proptest! {
        #[test]
        fn what_is_expanded_matches_again(
            text in templates(),
            values in prop::collection::vec((any::<bool>(), values()), 20),
            open in any::<bool>(),
        ) {
            let mut template = UriTemplate::parse(&text).unwrap();
            let variables = template.variables().to_vec();
            let values: Vec<_> = variables.iter().zip(values).map(|(variable, (absent, values))| {
                match variable {
                    _ if variable.optional && absent => None,
                    _ if variable.exploded => Some(Matched::Many(values)),
                    _ => one(&values[0]),
                }
            }).collect();
            let mut safe = true;
            for (variable, value) in variables.iter().zip(&values) {
                let items = match value {
                    Some(Matched::One(item)) => std::slice::from_ref(item),
                    Some(Matched::Many(items)) => items,
                    None => &[],
                };
                let refused = |item: &String| super::super::security::is_refused(item, variable.spans_path);
                safe &= !items.iter().any(refused);
                if open {
                    template = template.with_any_path(&variable.name);
                }
            }
            let uri = template.expand(&values);
            prop_assert_eq!(template.matches(&uri), (safe || open).then_some(values), "{} {}", text, uri);
        }

        #[test]
        fn no_text_makes_it_panic(
            template in "(\\{[+#./;?&]?[a-z]{1,2}[*,]?[a-z]?\\}|[a-z/?#&%2é]|\\PC){0,8}",
            uri in "([a-z]|[/?#&=.;,%:]|%[0-9a-f]{2}|\\PC){0,24}",
            any in "(?s).{0,24}",
        ) {
            for text in [&template, &any] {
                match UriTemplate::parse(text) {
                    Ok(template) => {
                        for uri in [&uri, &any] {
                            if let Some(found) = template.matches(uri) {
                                prop_assert_eq!(found.len(), template.variables().len());
                            }
                        }
                        template.expand(&[one(&any), None, Some(Matched::Many(vec![uri.clone(), any.clone()]))]);
                    }
                    Err(error) => prop_assert!(error.offset() <= text.len() && text.is_char_boundary(error.offset())),
                }
            }
        }
    }
}
