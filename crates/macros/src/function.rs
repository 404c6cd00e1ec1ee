//! A function that becomes a component: its options, its parameters, what it returns.

mod options;
mod parameter;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, FnArg, Ident, ReceiverKind, ReturnType, Safety, Signature, Type};

use crate::attrs::{self, Faults};

pub(crate) use options::Options;
pub(crate) use parameter::Parameter;

/// As many as `toolwright_core::input::MAX_ARGUMENTS`.
const MOST_PARAMETERS: usize = 16;

const UNPAIRED: &str = "the braces of this URI template do not pair up; write a variable as `{name}`";

/// What a function becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl Kind {
    /// What one of our attributes makes of the function it stands on.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let last = attr.path().segments.last()?;
        [Self::Tool, Self::Resource, Self::Prompt].into_iter().find(|kind| last.ident == kind.word())
    }

    /// Both the attribute and the word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        }
    }
}

/// A function, read.
pub(crate) struct Function {
    pub(crate) kind: Kind,
    pub(crate) ident: Ident,
    pub(crate) options: Options,
    pub(crate) doc: Option<String>,
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) has_receiver: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Type,
    pub(crate) is_async: bool,
}

impl Function {
    /// Reads a function, and takes what belongs to us off its parameters.
    pub(crate) fn read(
        kind: Kind,
        args: TokenStream,
        fn_attrs: &[Attribute],
        sig: &mut Signature,
        in_block: bool,
        faults: &mut Faults,
    ) -> Self {
        let options = Options::read(kind, args, sig.asyncness.is_some(), faults);
        check_signature(kind, sig, in_block, faults);
        let mut has_receiver = false;
        let mut parameters = Vec::new();
        for input in &mut sig.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    has_receiver = true;
                    check_receiver(receiver, in_block, faults);
                }
                FnArg::Typed(typed) => {
                    parameters.push(Parameter::read(typed, parameters.len(), in_block, faults));
                }
                #[allow(unreachable_patterns, reason = "the parser may grow")]
                _ => {}
            }
        }
        check_names(&parameters, faults);
        if let Some(parameter) = parameters.get(MOST_PARAMETERS) {
            let fault = format!(
                "a {} has at most {MOST_PARAMETERS} parameters; put them in a struct and take `Args<Struct>`",
                kind.word()
            );
            faults.at(&parameter.pat, fault);
        }
        if let Some(uri) = &options.uri {
            check_uri(uri, faults);
        }
        let returns = match &sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        check_return(kind, &returns, faults);
        let doc = options.description.clone().or_else(|| attrs::doc(fn_attrs));
        let conditions = attrs::conditions(fn_attrs).into_iter().cloned().collect();
        let is_async = sig.asyncness.is_some();
        Self {
            kind,
            ident: sig.ident.clone(),
            options,
            doc,
            conditions,
            has_receiver,
            parameters,
            returns,
            is_async,
        }
    }

    /// The name on the wire.
    pub(crate) fn name(&self) -> String {
        self.options.name.as_ref().map_or_else(|| attrs::wire_name(&self.ident), syn::LitStr::value)
    }
}

fn check_signature(kind: Kind, sig: &Signature, in_block: bool, faults: &mut Faults) {
    let word = kind.word();
    let types = sig.generics.type_params().next().map(ToTokens::to_token_stream);
    let types = types.or_else(|| sig.generics.const_params().next().map(ToTokens::to_token_stream));
    if let Some(generic) = types {
        faults.at(generic, format!("a {word} is one function, so it cannot be generic; name the types"));
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        faults.at(unsafety, format!("a {word} is called by a model, so it cannot be `unsafe`"));
    }
    if let Some(variadic) = &sig.variadic {
        faults.at(variadic, format!("a {word} cannot take a variable number of arguments"));
    }
    if !in_block && let Some(FnArg::Receiver(receiver)) = sig.inputs.first() {
        faults.at(receiver, format!("a method becomes a {word} in an impl block with `#[tools]` on it"));
    }
}

fn check_receiver(receiver: &syn::Receiver, in_block: bool, faults: &mut Faults) {
    if !in_block {
        return;
    }
    if !matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) {
        faults.at(
            receiver,
            "all calls share the value, so take `&self`; for changing state use a lock, an atomic or a channel inside it",
        );
    }
}

fn check_names(parameters: &[Parameter], faults: &mut Faults) {
    for (index, parameter) in parameters.iter().enumerate() {
        if parameters[..index].iter().any(|other| other.name == parameter.name) {
            let fault = format!(
                "two arguments are called `{}`; give one another name: `#[arg(rename = \"…\")]`",
                parameter.name
            );
            match &parameter.rename {
                Some(rename) => faults.at(rename, fault),
                None => faults.at(&parameter.pat, fault),
            }
        }
    }
}

fn check_return(kind: Kind, returns: &Type, faults: &mut Faults) {
    let word = kind.word();
    match returns {
        Type::ImplTrait(_) => faults.at(
            returns,
            format!("a {word} needs a return type with a name; make it an `async fn` if it returns a future"),
        ),
        _ if borrows(returns.to_token_stream()) => {
            faults.at(
                returns,
                format!("a {word} outlives what it borrows; return an owned value, such as `String`"),
            );
        }
        _ => {}
    }
}

/// Whether a type has a reference or a lifetime in it that is not `'static`.
fn borrows(ty: TokenStream) -> bool {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_borrow = match &token {
            TokenTree::Group(group) => borrows(group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                !matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "static")
            }
            _ => false,
        };
        if is_borrow {
            return true;
        }
    }
    false
}

/// Braces must pair up; the rest is checked when the server starts, with the template's own words.
fn check_uri(uri: &syn::LitStr, faults: &mut Faults) {
    let text = uri.value();
    let mut open = false;
    for c in text.chars() {
        match (c, open) {
            ('{', false) => open = true,
            ('}', true) => open = false,
            ('{' | '}', _) => return faults.at(uri, UNPAIRED),
            _ => {}
        }
    }
    if open {
        faults.at(uri, UNPAIRED);
    }
    if !text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) {
        faults.at(uri, "a resource needs a URI with a scheme, such as `orders://summary`");
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// What calls the user's function: `f` or `Self::f`.
pub(crate) fn callee(function: &Function, in_block: bool) -> TokenStream {
    let ident = &function.ident;
    if in_block { quote!(Self::#ident) } else { quote!(#ident) }
}
