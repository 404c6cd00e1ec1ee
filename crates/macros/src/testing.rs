//! `#[toolwright::test(server)]`: one test in every version of the protocol.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, ItemFn, ReturnType};

use crate::attrs::{self, Faults};

const USAGE: &str = "say which server: `#[toolwright::test(server())]`";
const NOT_TEST: &str = "`#[toolwright::test]` stands on an `async fn` with one argument: the client";

/// Expands `#[toolwright::test]`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let server = match syn::parse2::<Expr>(args.clone()) {
        Ok(server) => Some(server),
        Err(_) if args.is_empty() => {
            faults.add(syn::Error::new(proc_macro2::Span::call_site(), USAGE));
            None
        }
        Err(_) => {
            faults.at(&args, USAGE);
            None
        }
    };
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.add(match syn::parse2::<syn::Item>(item.clone()) {
            Err(unreadable) => unreadable,
            Ok(_) => syn::Error::new_spanned(attrs::head(item.clone()), NOT_TEST),
        });
        let faults = faults.to_tokens();
        return quote!(#item #faults);
    };
    if function.sig.asyncness.is_none() || function.sig.inputs.len() != 1 {
        faults.at(&function.sig, NOT_TEST);
    }
    let Some(server) = server.filter(|_| faults.is_empty()) else {
        let faults = faults.to_tokens();
        return quote!(#function #faults);
    };
    written(&function, &server)
}

/// The function stays one; a module of its name has a test for each version.
fn written(function: &ItemFn, server: &Expr) -> TokenStream {
    let (attrs, vis, sig, body) = (&function.attrs, &function.vis, &function.sig, &function.block);
    let (name, module) = (&sig.ident, format_ident!("{}", sig.ident));
    let ended = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ended) => quote!(#ended),
    };
    let (docs, others): (Vec<_>, Vec<_>) = attrs.iter().partition(|attr| attr.path().is_ident("doc"));
    quote! {
        #[cfg(test)]
        #(#docs)* #vis #sig #body
        #[cfg(test)]
        mod #module {
            #[allow(unused_imports, reason = "what the server and the result need")]
            use super::*;
            ::toolwright::__private::in_every_version! {
                { #(#others)* } ::toolwright::testing::run, #server, super::#name, #ended
            }
        }
    }
}
