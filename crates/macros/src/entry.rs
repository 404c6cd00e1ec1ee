//! `#[toolwright::main]`: standard input and output are claimed before anything can print.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ItemFn;

use crate::attrs::{self, Faults};

/// Expands `#[toolwright::main]`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    if !args.is_empty() {
        faults.at(&args, "`#[toolwright::main]` takes no options");
    }
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            faults.add(match syn::parse2::<syn::Item>(item.clone()) {
                Err(unreadable) => unreadable,
                Ok(_) => syn::Error::new_spanned(attrs::head(item.clone()), NOT_MAIN),
            });
            let faults = faults.to_tokens();
            return quote!(#item #faults);
        }
    };
    let (attrs, vis, sig, body) = (&function.attrs, &function.vis, &function.sig, &function.block);
    if sig.ident != "main" {
        faults.at(&sig.ident, NOT_MAIN);
        let faults = faults.to_tokens();
        return quote!(#function #faults);
    }
    let mut outer = sig.clone();
    // The async function stays one, so that errors in its body are those of any other.
    let body = match outer.asyncness.take() {
        Some(_) => quote!({ #sig #body ::toolwright::__private::block_on(main()) }),
        None => body.to_token_stream(),
    };
    let faults = faults.to_tokens();
    quote! {
        #(#attrs)* #vis #outer {
            // `run` claims what could not be claimed here, and then reports why it cannot.
            let _ = ::toolwright::__private::claim_stdio();
            #body
        }
        #faults
    }
}

const NOT_MAIN: &str = "`#[toolwright::main]` stands on `fn main` or `async fn main`";
