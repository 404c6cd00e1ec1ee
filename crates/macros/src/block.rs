//! `#[tools]` on an impl block: its annotated methods become components of the value.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Ident, ImplItem, ImplItemFn, ItemImpl, Path};

use crate::attrs::{self, Faults};
use crate::emit;
use crate::function::{Function, Kind};

/// What `#[tools(…)]` says.
#[derive(Default)]
struct Options {
    /// This block is a part, under this name.
    part: Option<Ident>,
    /// Parts that stand in other blocks.
    with: Vec<Ident>,
    root: Option<Path>,
}

/// Expands `#[tools]`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = read_options(args, &mut faults);
    let mut block: ItemImpl = match syn::parse2(item.clone()) {
        Ok(block) => block,
        Err(_) => {
            faults.at(&item, "`#[tools]` stands on an impl block; a free function becomes a tool by `#[tool]`");
            let faults = faults.to_tokens();
            return quote!(#item #faults);
        }
    };
    if let Some((path, _)) = &block.trait_ {
        faults.at(path, "`#[tools]` stands on an inherent impl block, not on that of a trait");
    }
    let functions = read_functions(&mut block, &mut faults);
    check_names(&functions, &mut faults);
    let generated = write(&block, &options, &functions, faults.is_empty());
    let faults = faults.to_tokens();
    quote!(#block #faults #generated)
}

fn read_options(args: TokenStream, faults: &mut Faults) -> Options {
    let (leading, given) = attrs::read(args, faults);
    if let Some(text) = leading {
        faults.at(text, "write options by name: `#[tools(part = refunds)]`");
    }
    let mut options = Options::default();
    for option in &given {
        match option.name.to_string().as_str() {
            "part" => match option.path(faults).map(|path| (path.get_ident().cloned(), path)) {
                Some((Some(ident), _)) => options.part = Some(ident),
                Some((None, path)) => faults.at(path, "a part is a plain name: `part = refunds`"),
                None => {}
            },
            "with" => options.with = option.list("refunds, reports", faults),
            "crate" => options.root = option.path(faults),
            _ => attrs::unknown(option, &["part", "with", "crate"], faults),
        }
    }
    options
}

/// Takes our attributes off the methods and reads what they stand on.
fn read_functions(block: &mut ItemImpl, faults: &mut Faults) -> Vec<Function> {
    let mut functions = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        let Some((kind, args)) = take_attribute(method, faults) else { continue };
        let doc_attrs = method.attrs.clone();
        functions.push(Function::read(kind, args, &doc_attrs, &mut method.sig, true, faults));
    }
    functions
}

fn take_attribute(method: &mut ImplItemFn, faults: &mut Faults) -> Option<(Kind, TokenStream)> {
    let mut found: Option<(Kind, TokenStream)> = None;
    let mut keep = Vec::new();
    for attr in std::mem::take(&mut method.attrs) {
        match kind_of(&attr) {
            None => keep.push(attr),
            Some(_) if found.is_some() => faults.at(&attr, "a method becomes one thing; take one of these attributes off"),
            Some(kind) => {
                let args = match &attr.meta {
                    syn::Meta::List(list) => list.tokens.clone(),
                    syn::Meta::Path(_) => TokenStream::new(),
                    syn::Meta::NameValue(pair) => {
                        faults.at(pair, "write the options in parentheses");
                        TokenStream::new()
                    }
                };
                found = Some((kind, args));
            }
        }
    }
    method.attrs = keep;
    found
}

fn kind_of(attr: &Attribute) -> Option<Kind> {
    let last = attr.path().segments.last()?;
    let kinds = [Kind::Tool, Kind::Resource, Kind::Prompt];
    kinds.into_iter().find(|kind| last.ident == kind.word())
}

fn check_names(functions: &[Function], faults: &mut Faults) {
    for (index, function) in functions.iter().enumerate() {
        let name = function.name();
        let same = |other: &&Function| other.kind == function.kind && other.name() == name;
        if function.kind != Kind::Resource && functions[..index].iter().find(same).is_some() {
            let at = function.options.name.as_ref().map_or_else(|| function.ident.span(), syn::LitStr::span);
            faults.add(syn::Error::new(at, format!("two {}s are called `{name}`", function.kind.word())));
        }
    }
}

fn write(block: &ItemImpl, options: &Options, functions: &[Function], sound: bool) -> TokenStream {
    let root = options.root.as_ref().map_or_else(|| quote!(::toolwright::__private), |root| quote!(#root::__private));
    let definitions = functions.iter().filter(|_| sound).map(|function| emit::definition(function, true));
    let parts = options.with.iter().map(|part| {
        let part = part_fn(part);
        quote!(__components.extend(Self::#part(&__this));)
    });
    let body = quote! {
        use #root as __tw;
        #[allow(unused_mut, reason = "there may be no components")]
        let mut __components = ::std::vec![#(#definitions),*];
        #(#parts)*
        __components
    };
    let (generics, ty) = (&block.generics, &block.self_ty);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    if let Some(part) = &options.part {
        let part = part_fn(part);
        return quote! {
            #[allow(unused_variables, reason = "a part may need no value")]
            impl #impl_generics #ty #where_clause {
                #[doc(hidden)]
                pub(crate) fn #part(__this: &::std::sync::Arc<Self>) -> ::std::vec::Vec<#root::Component>
                where
                    Self: ::core::marker::Send + ::core::marker::Sync + 'static,
                {
                    let __this = ::std::sync::Arc::clone(__this);
                    #body
                }
            }
        };
    }
    let own = where_clause.map(|clause| &clause.predicates);
    let bound = (!generics.params.is_empty())
        .then(|| quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static,));
    let own = own.map(|own| if own.trailing_punct() || own.is_empty() { quote!(#own) } else { quote!(#own,) });
    quote! {
        #[allow(unused_variables, reason = "there may be no components")]
        impl #impl_generics #root::Provide for #ty where #own #bound {
            fn provide(self: ::std::sync::Arc<Self>) -> ::std::vec::Vec<#root::Component> {
                let __this = self;
                #body
            }
        }
    }
}

fn part_fn(part: &Ident) -> Ident {
    format_ident!("__tools_{part}", span = part.span())
}
