//! One parameter: its name, its type as the server must own it, its `#[arg]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Pat, PatType, Path, Type};

use crate::attrs::{self, Faults, Given, Opt, hidden};

/// A parameter, read.
pub(crate) struct Parameter {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) pat: Pat,
    /// The type to read from the call; borrowed parameters are lent from it.
    pub(crate) ty: Type,
    pub(crate) borrowed: bool,
    pub(crate) doc: Option<String>,
    pub(crate) default: Option<TokenStream>,
    pub(crate) keywords: Vec<(&'static str, TokenStream)>,
    pub(crate) complete: Option<Path>,
}

const KNOWN: [&str; 12] = [
    "default", "range", "length", "items", "pattern", "multiple_of", "format", "rename", "description", "example",
    "header", "complete",
];

impl Parameter {
    pub(crate) fn read(typed: &mut PatType, index: usize, in_block: bool, faults: &mut Faults) -> Self {
        let (ours, theirs): (Vec<Attribute>, Vec<Attribute>) = std::mem::take(&mut typed.attrs)
            .into_iter()
            .partition(|attr| attr.path().is_ident("arg") || attr.path().is_ident("doc"));
        typed.attrs = theirs;
        let (ty, borrowed) = owned(&typed.ty, faults);
        let mut parameter = Self {
            index,
            name: name(&typed.pat).unwrap_or_else(|| format!("argument_{index}")),
            pat: (*typed.pat).clone(),
            ty,
            borrowed,
            doc: attrs::doc(&ours),
            default: None,
            keywords: Vec::new(),
            complete: None,
        };
        for attr in ours.iter().filter(|attr| attr.path().is_ident("arg")) {
            match &attr.meta {
                syn::Meta::List(list) => {
                    let (leading, options) = attrs::read(list.tokens.clone(), faults);
                    if let Some(text) = leading {
                        faults.at(text, "write options by name: `#[arg(description = \"…\")]`");
                    }
                    options.iter().for_each(|option| parameter.set(option, in_block, faults));
                }
                other => faults.at(other, "write the options in parentheses: `#[arg(default = 50)]`"),
            }
        }
        parameter
    }

    fn set(&mut self, option: &Opt, in_block: bool, faults: &mut Faults) {
        let is_list = is_list(&self.ty);
        match option.name.to_string().as_str() {
            "default" => self.default = Some(self.default_value(option, faults)),
            "range" => {
                self.keywords.extend(option.range(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], faults));
            }
            "length" if is_list => self.count(option, ["minItems", "maxItems"], faults),
            "length" => self.count(option, ["minLength", "maxLength"], faults),
            "items" => self.count(option, ["minItems", "maxItems"], faults),
            "pattern" => {
                if let Some(text) = option.string(faults) {
                    if let Err(error) = regex_lite::Regex::new(&text.value()) {
                        faults.at(&text, format!("not a regular expression: {error}"));
                    }
                    self.keyword("pattern", text);
                }
            }
            "format" => self.text("format", option, faults),
            "header" => self.text("x-mcp-header", option, faults),
            "multiple_of" => match &option.value {
                Given::Value(value) => self.keyword("multipleOf", value),
                _ => faults.at(&option.name, "`multiple_of` takes a number: `multiple_of = 5`"),
            },
            "example" => match &option.value {
                Given::Value(value) => self.keywords.push(("examples", quote!(::std::vec![#value]))),
                _ => faults.at(&option.name, "`example` takes a value: `example = \"ORD-101\"`"),
            },
            "rename" => {
                if let Some(text) = option.string(faults) {
                    self.name = text.value();
                }
            }
            "description" => self.doc = option.string(faults).map(|text| text.value()),
            "complete" => self.complete = option.path(faults).map(|path| complete_path(path, in_block)),
            _ => attrs::unknown(option, &KNOWN, faults),
        }
    }

    fn keyword(&mut self, key: &'static str, value: impl ToTokens) {
        self.keywords.push((key, value.into_token_stream()));
    }

    fn text(&mut self, key: &'static str, option: &Opt, faults: &mut Faults) {
        if let Some(text) = option.string(faults) {
            self.keyword(key, text);
        }
    }

    fn count(&mut self, option: &Opt, [low, high]: [&'static str; 2], faults: &mut Faults) {
        let bounds = option.range([low, high, "", ""], faults);
        for (key, value) in bounds {
            // `1..5` has four members: the last is below the end.
            match key {
                "" => self.keywords.push((high, quote!((#value) - 1))),
                key => self.keywords.push((key, value)),
            }
        }
    }

    fn default_value(&self, option: &Opt, faults: &mut Faults) -> TokenStream {
        match &option.value {
            Given::Flag => quote_spanned!(self.ty.span()=> ::core::default::Default::default()),
            Given::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                quote_spanned!(text.span()=> ::core::convert::Into::into(#text))
            }
            Given::Value(value) => value.to_token_stream(),
            Given::List(_) => {
                faults.at(&option.name, "`default` is `default` or `default = value`");
                TokenStream::new()
            }
        }
    }

    /// The variable that holds the value in the code we write.
    pub(crate) fn variable(&self) -> syn::Ident {
        hidden(&format!("__value{}", self.index))
    }

    /// The name on the wire, as a literal at the user's pattern.
    pub(crate) fn name_literal(&self) -> LitStr {
        LitStr::new(&self.name, self.pat.span())
    }
}

/// A plain name in a block is a method of the value.
fn complete_path(path: Path, in_block: bool) -> Path {
    match path.get_ident() {
        Some(ident) if in_block => syn::parse_quote!(Self::#ident),
        _ => path,
    }
}

fn name(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(ident) => Some(attrs::wire_name(&ident.ident)),
        Pat::TupleStruct(pat) => pat.elems.first().and_then(name),
        _ => None,
    }
}

/// What must be owned to lend the parameter: `&str` is lent from a `String`, `&[T]` from a `Vec<T>`.
fn owned(ty: &Type, faults: &mut Faults) -> (Type, bool) {
    let Type::Reference(reference) = ty else { return (ty.clone(), false) };
    if reference.mutability.is_some() {
        faults.at(ty, "nothing would see the change; take the value itself, or `&` of it");
    }
    let owned = match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => syn::parse_quote_spanned!(ty.span()=> ::std::string::String),
        Type::Slice(slice) => {
            let item = &slice.elem;
            syn::parse_quote_spanned!(ty.span()=> ::std::vec::Vec<#item>)
        }
        other => other.clone(),
    };
    (owned, true)
}

fn is_list(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| {
        let inner = match &last.arguments {
            syn::PathArguments::AngleBracketed(inner) if last.ident == "Option" => inner.args.first(),
            _ => None,
        };
        match inner {
            Some(syn::GenericArgument::Type(inner)) => is_list(inner),
            _ => ["Vec", "HashSet", "BTreeSet", "VecDeque"].iter().any(|list| last.ident == list),
        }
    })
}
