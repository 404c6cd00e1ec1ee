//! The attributes of Toolwright: read, check, write.
//!
//! Each goes the same way: `attrs` reads what the attributes say, `function` reads the function they stand on,
//! `emit` writes plain calls under `::toolwright::__private`. All faults are gathered and reported together, and
//! the user's own item is given back whatever happens, so that one mistake gives one error.
//!
//! The attributes are documented where users meet them, in the crate `toolwright`.

mod attrs;
mod function;
mod emit;
mod block;
mod entry;
mod testing;

use proc_macro::TokenStream;

use crate::function::Kind;

/// Makes a function a tool. See `toolwright::tool`.
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::free(Kind::Tool, args.into(), item.into()).into()
}

/// Makes a function a resource. See `toolwright::resource`.
#[proc_macro_attribute]
pub fn resource(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::free(Kind::Resource, args.into(), item.into()).into()
}

/// Makes a function a prompt. See `toolwright::prompt`.
#[proc_macro_attribute]
pub fn prompt(args: TokenStream, item: TokenStream) -> TokenStream {
    emit::free(Kind::Prompt, args.into(), item.into()).into()
}

/// Makes the methods of a value tools, resources and prompts. See `toolwright::tools`.
#[proc_macro_attribute]
pub fn tools(args: TokenStream, item: TokenStream) -> TokenStream {
    block::expand(args.into(), item.into()).into()
}

/// Claims standard input and output before the first line of `main`. See `toolwright::main`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(args.into(), item.into()).into()
}

/// Runs a test in every version of the protocol. See `toolwright::test`.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    testing::expand(args.into(), item.into()).into()
}
