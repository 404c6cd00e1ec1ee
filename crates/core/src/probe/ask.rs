//! What the compiler is asked about the types of a handler, so that a wrong one is one error at the user's type.

use std::sync::Arc;

use super::{Encode, Known, PhantomData, Probe};

macro_rules! questions {
    ($($(#[$attr:meta])* $name:ident $(of $value:ident)?;)*) => {$(
        $(#[$attr])*
        pub trait $name<$($value,)? const N: u8> {
            /// Compiles if it is known. The value comes first, so that an error can name it.
            fn check($(_: &Probe<$value>,)? _: PhantomData<Known<N>>) {}
        }
        // Two hold: of one alone, the compiler would infer `N` before it looks at the argument.
        #[diagnostic::do_not_recommend]
        impl<T: ?Sized, $($value)?> $name<$($value,)? 1> for T {}
        #[diagnostic::do_not_recommend]
        impl<T: ?Sized, $($value)?> $name<$($value,)? 2> for T {}
    )*};
}
questions! {
    /// Whether a type can be a parameter.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a parameter of a tool, a resource or a prompt",
        label = "neither an argument nor something the server gives",
        note = "to read it from the arguments, put `#[derive(Deserialize, JsonSchema)]` on the type",
        note = "the server gives `Context`, `State<T>` of a `T: Send + Sync`, and what implements `Extract`"
    )]
    Parameter;
    /// Whether an argument has a schema.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` has no JSON Schema, so a model would not know how to write it",
        label = "an argument needs `JsonSchema`",
        note = "put `#[derive(JsonSchema)]` on the type, beside `Deserialize`"
    )]
    Described;
    /// Whether the error of a return type is an error.
    #[diagnostic::on_unimplemented(
        message = "`{E}` cannot be the error of a tool, a resource or a prompt",
        label = "`{E}` is not an error",
        note = "implement `std::error::Error` for it, or return `toolwright::Result<T>`, which takes any error by `?`"
    )]
    Fails of E;
    /// Whether a tool can return a value.
    #[diagnostic::on_unimplemented(
        message = "a tool cannot return `{V}`",
        label = "`{V}` cannot be written as JSON",
        note = "put `#[derive(Serialize, JsonSchema)]` on the type, or return text, `ToolOutput`, `Image`, `Audio` or `File`"
    )]
    ToolReturn of V;
    /// Whether a resource can hold a value.
    #[diagnostic::on_unimplemented(
        message = "a resource cannot return `{V}`",
        label = "`{V}` cannot be written as JSON",
        note = "put `#[derive(Serialize)]` on the type, or return text or a `File`"
    )]
    ResourceReturn of V;
    /// Whether a prompt can be made of a value.
    #[diagnostic::on_unimplemented(
        message = "a prompt cannot return `{V}`",
        label = "`{V}` is no message",
        note = "return a `String`, a `Message` or a list of messages"
    )]
    PromptReturn of V;
}

/// To ask whether a value can be told.
pub fn told<V, K: Encode<V>>(_: &Probe<V>, _: K) -> PhantomData<K::Known> {
    PhantomData
}

/// What all calls share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared by calls that run at the same time",
    label = "not `Send + Sync`",
    note = "use `Arc` for `Rc`, and `Mutex`, `RwLock` or an atomic for `RefCell` and `Cell`"
)]
pub trait Shareable: Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shareable for T {}

/// What `#[tools]` writes: the components `C` of a value.
pub trait Block<C>: Sized {
    /// The components.
    // The bound has a lifetime so that it is assumed here, and asked for once: where the value is shared.
    fn components(this: &Arc<Self>) -> Vec<C>
    where
        for<'a> Self: Shareable;
}
