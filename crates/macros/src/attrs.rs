//! What attributes say: options by name, each with its own shape, faults gathered.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ExprRange, Ident, Lit, LitStr, Path, RangeLimits, Token};

/// Faults, gathered so that one does not hide the next.
#[derive(Default)]
pub(crate) struct Faults(Option<syn::Error>);

impl Faults {
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn add(&mut self, fault: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(fault),
            None => self.0 = Some(fault),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.as_ref().map(syn::Error::to_compile_error).unwrap_or_default()
    }
}

/// One option: `name`, `name = value` or `name(values)`.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: Given,
}

pub(crate) enum Given {
    Flag,
    Value(Expr),
    List(TokenStream),
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any_name(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Given::Value(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            Given::List(list.parse()?)
        } else {
            Given::Flag
        };
        Ok(Self { name, value })
    }
}

trait AnyName: Sized {
    fn parse_any_name(input: ParseStream<'_>) -> syn::Result<Self>;
}

impl AnyName for Ident {
    /// Keywords too: `crate = path` is an option.
    fn parse_any_name(input: ParseStream<'_>) -> syn::Result<Self> {
        use syn::ext::IdentExt as _;
        Self::parse_any(input)
    }
}

impl Opt {
    /// Refuses the value, where there is one.
    pub(crate) fn refuse(&self, faults: &mut Faults, message: impl std::fmt::Display) {
        match &self.value {
            Given::Value(value) => faults.at(value, message),
            Given::List(list) if !list.is_empty() => faults.at(list, message),
            _ => faults.at(&self.name, message),
        }
    }

    pub(crate) fn string(&self, faults: &mut Faults) -> Option<LitStr> {
        match &self.value {
            Given::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.clone()),
            _ => {
                self.refuse(faults, format!("`{0}` takes a string: `{0} = \"…\"`", self.name));
                None
            }
        }
    }

    pub(crate) fn truth(&self, faults: &mut Faults) -> Option<bool> {
        match &self.value {
            Given::Flag => Some(true),
            Given::Value(Expr::Lit(ExprLit { lit: Lit::Bool(truth), .. })) => Some(truth.value),
            _ => {
                self.refuse(faults, format!("`{0}` is `{0}` or `{0} = false`", self.name));
                None
            }
        }
    }

    pub(crate) fn flag(&self, faults: &mut Faults) {
        if !matches!(self.value, Given::Flag) {
            self.refuse(faults, format!("`{0}` takes no value; write `{0}` alone", self.name));
        }
    }

    pub(crate) fn list<T: Parse>(&self, example: &str, faults: &mut Faults) -> Vec<T> {
        let parsed = match &self.value {
            Given::List(tokens) => Punctuated::<T, Token![,]>::parse_terminated.parse2(tokens.clone()).ok(),
            _ => None,
        };
        if parsed.is_none() {
            self.refuse(faults, format!("`{0}` takes a list: `{0}({example})`", self.name));
        }
        parsed.into_iter().flatten().collect()
    }

    pub(crate) fn path(&self, faults: &mut Faults) -> Option<Path> {
        match &self.value {
            Given::Value(Expr::Path(path)) => Some(path.path.clone()),
            _ => {
                self.refuse(faults, format!("`{0}` takes a name, without quotes: `{0} = name`", self.name));
                None
            }
        }
    }

    /// A range such as `1..=500`, as keywords of the schema.
    pub(crate) fn range(
        &self,
        keys: [&'static str; 4],
        faults: &mut Faults,
    ) -> Vec<(&'static str, TokenStream)> {
        let Given::List(tokens) = &self.value else {
            self.refuse(faults, format!("`{0}` takes a range: `{0}(1..=500)`", self.name));
            return Vec::new();
        };
        let Ok(ExprRange { start, end, limits, .. }) = syn::parse2(tokens.clone()) else {
            self.refuse(faults, format!("`{0}` takes a range: `{0}(1..=500)`", self.name));
            return Vec::new();
        };
        let [low, high, _, below] = keys;
        let high = if matches!(limits, RangeLimits::Closed(_)) { high } else { below };
        if let (Some(start), Some(end)) = (start.as_deref().and_then(number), end.as_deref().and_then(number))
            && (start > end || (start == end && matches!(limits, RangeLimits::HalfOpen(_))))
        {
            self.refuse(faults, "the range is empty, so no value could be given; write it as `low..=high`");
        }
        if start.is_none() && end.is_none() {
            self.refuse(faults, "the range has no bounds; give one, as in `1..` or `..=500`");
        }
        let bound = |key, expr: Option<Box<Expr>>| expr.map(|expr| (key, expr.into_token_stream()));
        [bound(low, start), bound(high, end)].into_iter().flatten().collect()
    }
}

/// The `cfg` attributes: what we write beside an item exists when the item does.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}

/// What an item is called, behind its attributes and its visibility: `struct Order`.
pub(crate) fn head(item: TokenStream) -> TokenStream {
    let is_before = |token: &TokenTree| match token {
        TokenTree::Punct(_) | TokenTree::Group(_) => true,
        TokenTree::Ident(ident) => ident == "pub",
        TokenTree::Literal(_) => false,
    };
    item.into_iter().skip_while(is_before).take(2).collect()
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => float.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            number(&unary.expr).map(|number| -number)
        }
        _ => None,
    }
}

/// Reads the options of an attribute; a leading string, as in `#[resource("a://b")]`, comes apart.
pub(crate) fn read(tokens: TokenStream, faults: &mut Faults) -> (Option<LitStr>, Vec<Opt>) {
    let parser = |input: ParseStream<'_>| {
        let leading = input.peek(LitStr).then(|| input.parse::<LitStr>()).transpose()?;
        if leading.is_some() && !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((leading, Punctuated::<Opt, Token![,]>::parse_terminated(input)?))
    };
    match parser.parse2(tokens) {
        Ok((leading, options)) => {
            let options: Vec<Opt> = options.into_iter().collect();
            for (index, option) in options.iter().enumerate() {
                if options[..index].iter().any(|other| other.name == option.name) {
                    faults.at(&option.name, format!("`{}` is given twice; take one off", option.name));
                }
            }
            (leading, options)
        }
        Err(fault) => {
            faults.add(fault);
            (None, Vec::new())
        }
    }
}

/// Refuses an option that nobody knows, and names those that are.
pub(crate) fn unknown(option: &Opt, known: &[&str], faults: &mut Faults) {
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    faults.at(&option.name, format!("unknown option `{}`; there are {}", option.name, known.join(", ")));
}

/// A duration written as seconds or as text: `30`, `"1.5s"`, `"500ms"`, `"2m"`, `"1h"`.
pub(crate) fn duration(option: &Opt, faults: &mut Faults) -> Option<TokenStream> {
    let millis = match &option.value {
        Given::Value(Expr::Lit(ExprLit { lit: Lit::Int(seconds), .. })) => {
            seconds.base10_parse::<u64>().ok().and_then(|seconds| seconds.checked_mul(1000))
        }
        Given::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => millis(&text.value()),
        _ => None,
    };
    match millis {
        Some(0) | None => {
            option.refuse(
                faults,
                format!(
                    "`{}` is a number of seconds or text such as \"500ms\", \"30s\", \"2m\", \"1h\"",
                    option.name
                ),
            );
            None
        }
        Some(millis) => Some(quote!(::core::time::Duration::from_millis(#millis))),
    }
}

fn millis(text: &str) -> Option<u64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    number.trim().parse::<f64>().ok().filter(|number| *number > 0.0).map(|number| (number * factor) as u64)
}

/// The text of a doc comment, up to its first heading: what follows is for readers of the code.
pub(crate) fn doc(attrs: &[Attribute]) -> Option<String> {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let text: Vec<String> = lines
        .flat_map(|text| {
            // Not `lines`, for which an empty text has none.
            text.split('\n')
                .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
                .collect::<Vec<_>>()
        })
        .take_while(|line| !line.starts_with("# "))
        .collect();
    let text = paragraphs(&text);
    (!text.is_empty()).then_some(text)
}

/// Lines broken for the width of the source become one; paragraphs, lists, tables and code stay as they are.
fn paragraphs(lines: &[String]) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in lines {
        let fence = line.trim_start().starts_with("```");
        let stands_alone = in_code
            || fence
            || line.is_empty()
            || line.trim_start().starts_with(['-', '*', '|', '>'])
            || line.starts_with(|c: char| c.is_ascii_digit());
        in_code ^= fence;
        if !text.is_empty() {
            text.push(if stands_alone || text.ends_with(['\n', '`', '|']) { '\n' } else { ' ' });
        }
        text.push_str(line);
    }
    text.trim().to_owned()
}

/// The arguments of a tool stand in its signature, however many they are.
pub(crate) fn many_arguments(sig: &syn::Signature) -> Option<Attribute> {
    const CLIPPY: usize = 7;
    (sig.inputs.len() > CLIPPY)
        .then(|| syn::parse_quote!(#[allow(clippy::too_many_arguments, reason = "they are the arguments of a tool")]))
}

/// An identifier as a name on the wire: `r#type` is `type`, `_unused` is `unused`.
pub(crate) fn wire_name(ident: &Ident) -> String {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    name.strip_prefix('_').filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

/// A span that sees the names the macro made, and not the user's.
pub(crate) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_paragraph_are_joined_and_paragraphs_kept() {
        let lines = [
            "Orders in one",
            "status.",
            "",
            "Use it for:",
            "- open ones",
            "- late ones",
            "",
            "1. first",
            "",
            "End.",
        ];
        assert_eq!(
            paragraphs(&lines.map(String::from)),
            "Orders in one status.\n\nUse it for:\n- open ones\n- late ones\n\n1. first\n\nEnd."
        );
    }
}
