//! `#[tools]` on an impl block: its annotated methods become components of the value.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ImplItem, ImplItemFn, ItemImpl, Path};

use crate::attrs::{self, Faults};
use crate::emit;
use crate::function::{Function, Kind};

const NOT_A_BLOCK: &str = "`#[tools]` stands on an impl block; a free function becomes a tool by `#[tool]`";

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
            faults.add(match syn::parse2::<syn::Item>(item.clone()) {
                Err(unreadable) => unreadable,
                Ok(_) => syn::Error::new_spanned(attrs::head(item.clone()), NOT_A_BLOCK),
            });
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
    let missing_docs = functions.iter().map(emit::missing_doc);
    let faults = faults.to_tokens();
    quote!(#block #faults #(#missing_docs)* #generated)
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
        method.attrs.extend(attrs::many_arguments(&method.sig));
        functions.push(Function::read(kind, args, &doc_attrs, &mut method.sig, true, faults));
    }
    functions
}

fn take_attribute(method: &mut ImplItemFn, faults: &mut Faults) -> Option<(Kind, TokenStream)> {
    let mut found: Option<(Kind, TokenStream)> = None;
    let mut keep = Vec::new();
    for attr in std::mem::take(&mut method.attrs) {
        match Kind::of(&attr) {
            None => keep.push(attr),
            Some(_) if found.is_some() => {
                faults.at(&attr, "a method becomes one thing; take one of these attributes off");
            }
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

fn check_names(functions: &[Function], faults: &mut Faults) {
    for (index, function) in functions.iter().enumerate() {
        let name = function.name();
        // Two of one identifier are the compiler's to refuse, or only one of them is compiled.
        let same = |other: &&Function| {
            other.kind == function.kind && other.name() == name && other.ident != function.ident
        };
        if function.kind != Kind::Resource && functions[..index].iter().find(same).is_some() {
            let at = function.options.name.as_ref().map_or_else(|| function.ident.span(), syn::LitStr::span);
            let word = function.kind.word();
            let fault = format!(
                "two {word}s of this block are called `{name}`; give one another name: `#[{word}(name = \"…\")]`"
            );
            faults.add(syn::Error::new(at, fault));
        }
    }
}

fn write(block: &ItemImpl, options: &Options, functions: &[Function], sound: bool) -> TokenStream {
    let root = options
        .root
        .as_ref()
        .map_or_else(|| quote!(::toolwright::__private), |root| quote!(#root::__private));
    let body = components(&root, options, functions.iter().filter(|_| sound));
    let (generics, ty) = (&block.generics, &block.self_ty);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let ask = quote!(#root::via::__ask);
    if let Some(part) = &options.part {
        let part = part_fn(part);
        return quote! {
            #[allow(unused_variables, deprecated, reason = "a part may need no value; to offer is not to call")]
            impl #impl_generics #ty #where_clause {
                #[doc(hidden)]
                pub(crate) fn #part(__this: &::std::sync::Arc<Self>) -> ::std::vec::Vec<#root::Component>
                where
                    for<'__tw> Self: #ask::Shareable,
                {
                    #body
                }
            }
        };
    }
    let call = quote_spanned!(ty.span()=> <Self as #ask::Block<_>>::components);
    let own = where_clause.map(|clause| clause.predicates.iter());
    let own = own.into_iter().flatten();
    let bound = (!generics.params.is_empty())
        .then(|| quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static,));
    quote! {
        #[allow(unused_variables, deprecated, reason = "there may be no components; to offer is not to call")]
        impl #impl_generics #ask::Block<#root::Component> for #ty #where_clause {
            fn components(__this: &::std::sync::Arc<Self>) -> ::std::vec::Vec<#root::Component>
            where
                for<'__tw> Self: #ask::Shareable,
            {
                #body
            }
        }
        impl #impl_generics #root::Provide for #ty where #(#own,)* #bound {
            fn provide(self: ::std::sync::Arc<Self>) -> ::std::vec::Vec<#root::Component> {
                #call(&self)
            }
        }
    }
}

/// The inside of a function that gives all components; `__this` is its value.
fn components<'a>(
    root: &TokenStream,
    options: &Options,
    functions: impl Iterator<Item = &'a Function>,
) -> TokenStream {
    let definitions = functions.map(|function| {
        let (conditions, definition) = (&function.conditions, emit::definition(function, true));
        quote!(#(#conditions)* __components.push(#definition);)
    });
    let parts = options.with.iter().map(|part| {
        let part = part_fn(part);
        quote!(__components.extend(Self::#part(&__this));)
    });
    quote! {
        use #root as __tw;
        let __this = ::std::sync::Arc::clone(__this);
        #[allow(unused_mut, reason = "there may be no components")]
        let mut __components = ::std::vec::Vec::new();
        #(#definitions)*
        #(#parts)*
        __components
    }
}

/// No two underscores in front: this name stands in the compiler's error about a part that does not exist.
fn part_fn(part: &Ident) -> Ident {
    format_ident!("tools_part_{part}", span = part.span())
}
