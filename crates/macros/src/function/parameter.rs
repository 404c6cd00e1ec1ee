//! One parameter: its name, its type as the server must own it, its `#[arg]`.

use proc_macro2::{Group, TokenStream, TokenTree};
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
    pub(crate) rename: Option<LitStr>,
    pub(crate) doc: Option<String>,
    pub(crate) default: Option<TokenStream>,
    pub(crate) keywords: Vec<(&'static str, TokenStream)>,
    pub(crate) complete: Option<Path>,
}

const KNOWN: [&str; 12] = [
    "default",
    "range",
    "length",
    "items",
    "pattern",
    "multiple_of",
    "format",
    "rename",
    "description",
    "example",
    "header",
    "complete",
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
            rename: None,
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
        let shape = shape(&self.ty);
        match option.name.to_string().as_str() {
            "default" => self.default = Some(self.default_value(option, faults)),
            "range" if matches!(shape, Shape::Text | Shape::List | Shape::Truth) => {
                faults.at(&option.name, "`range` bounds a number; a text and a list have a `length(1..=20)`");
            }
            "range" => {
                self.keywords.extend(
                    option.range(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], faults),
                );
            }
            "length" if matches!(shape, Shape::Number | Shape::Truth) => {
                faults.at(&option.name, "`length` bounds a text or a list; a number has a `range(1..=500)`");
            }
            "length" if shape == Shape::List => self.count(option, ["minItems", "maxItems"], faults),
            "length" => self.count(option, ["minLength", "maxLength"], faults),
            "items" => self.count(option, ["minItems", "maxItems"], faults),
            "pattern" if !matches!(shape, Shape::Text | Shape::Other) => {
                faults.at(&option.name, "`pattern` is for a text, such as a `String`");
            }
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
                    self.rename = Some(text);
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
                if matches!(shape(&self.ty), Shape::Number | Shape::Truth) {
                    let ty = self.ty.to_token_stream();
                    faults.at(text, format!("the default of a `{ty}` is no text; write it without quotes"));
                }
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

    /// The variable that holds what makes the default, in the code we write.
    pub(crate) fn default_variable(&self) -> syn::Ident {
        hidden(&format!("__default{}", self.index))
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
    let Type::Reference(reference) = ty else {
        refuse_nameless(ty, faults);
        return (elide(ty), false);
    };
    if reference.mutability.is_some() {
        faults.at(ty, "nothing would see the change; take the value itself, or `&` of it");
    }
    refuse_nameless(&reference.elem, faults);
    let owned = match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => {
            syn::parse_quote_spanned!(ty.span()=> ::std::string::String)
        }
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Path") => {
            syn::parse_quote_spanned!(ty.span()=> <#path as ::std::borrow::ToOwned>::Owned)
        }
        Type::Slice(slice) => {
            // From its first token to its last, so that an error underlines all of it.
            let item = elide(&slice.elem);
            let start = quote_spanned!(ty.span()=> ::std::vec::Vec<);
            let end = quote_spanned!(slice.bracket_token.span.close()=> >);
            syn::parse_quote!(#start #item #end)
        }
        other => elide(other),
    };
    (owned, true)
}

/// `impl Trait` and `dyn Trait` do not say what to read.
fn refuse_nameless(ty: &Type, faults: &mut Faults) {
    if matches!(ty, Type::ImplTrait(_) | Type::TraitObject(_)) {
        faults.at(ty, "a parameter is read from a call, so it needs one type with a name, such as `String`");
    }
}

/// The type outside of its function: the function's lifetimes are not known there.
fn elide(ty: &Type) -> Type {
    syn::parse2(elide_tokens(ty.to_token_stream())).unwrap_or_else(|_| ty.clone())
}

fn elide_tokens(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let elided = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut elided = Group::new(group.delimiter(), elide_tokens(group.stream()));
            elided.set_span(group.span());
            elided.into()
        }
        TokenTree::Ident(name) if after_quote && name != "static" => {
            after_quote = false;
            syn::Ident::new("_", name.span()).into()
        }
        token => {
            after_quote = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
            token
        }
    });
    elided.collect()
}

/// What a type looks like, as far as its name tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Number,
    Truth,
    List,
    Other,
}

fn shape(ty: &Type) -> Shape {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last else { return Shape::Other };
    let inner = match &last.arguments {
        syn::PathArguments::AngleBracketed(inner) => inner.args.first(),
        _ => None,
    };
    match (last.ident.to_string().as_str(), inner) {
        ("Option", Some(syn::GenericArgument::Type(inner))) => shape(inner),
        ("Vec" | "HashSet" | "BTreeSet" | "VecDeque", _) => Shape::List,
        ("String" | "char", _) => Shape::Text,
        ("bool", _) => Shape::Truth,
        (
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize"
            | "f32" | "f64",
            _,
        ) => Shape::Number,
        _ => Shape::Other,
    }
}
