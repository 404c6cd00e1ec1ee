//! `#[toolwright::main]`: standard input and output are claimed before anything can print.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::attrs::Faults;

/// Expands `#[toolwright::main]`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    if !args.is_empty() {
        faults.at(&args, "`#[toolwright::main]` takes no options");
    }
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            faults.at(&item, "`#[toolwright::main]` stands on `fn main` or `async fn main`");
            let faults = faults.to_tokens();
            return quote!(#item #faults);
        }
    };
    let body = &function.block;
    let block = if function.sig.asyncness.take().is_some() {
        quote!({
            ::toolwright::__private::claim_stdio();
            ::toolwright::__private::block_on(async move #body)
        })
    } else {
        quote!({
            ::toolwright::__private::claim_stdio();
            #body
        })
    };
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let faults = faults.to_tokens();
    quote!(#(#attrs)* #vis #sig #block #faults)
}
