//! What can be given to a server as its tools.

use std::sync::Arc;

use super::Component;

/// What is defined once by a function: the macros implement it for a type of the function's name.
pub trait Define {
    /// The definition.
    fn define() -> Component;
}

/// A value whose methods are tools, resources and prompts: `#[tools]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tools",
    label = "not a set of tools",
    note = "put `#[tools]` on its impl block, or give `toolset![function, …]`"
)]
pub trait Provide: Sized + 'static {
    /// Its components; they share the value.
    fn provide(self: Arc<Self>) -> Vec<Component>;
}

/// What `Server::tools` takes: a value with `#[tools]`, or the list that `toolset![…]` makes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tools",
    label = "not a set of tools",
    note = "put `#[tools]` on its impl block, or give `toolset![function, …]`"
)]
pub trait Toolset {
    /// The components.
    fn components(self) -> Vec<Component>;
}

#[diagnostic::do_not_recommend]
impl<T: Provide> Toolset for T {
    fn components(self) -> Vec<Component> {
        Arc::new(self).provide()
    }
}

impl<T: Provide> Toolset for Arc<T> {
    fn components(self) -> Vec<Component> {
        self.provide()
    }
}

impl Toolset for Vec<Component> {
    fn components(self) -> Vec<Component> {
        self
    }
}

impl Toolset for Component {
    fn components(self) -> Vec<Component> {
        vec![self]
    }
}

/// Lists functions that are tools, resources or prompts, for `Server::tools`.
///
/// ```
/// use toolwright::prelude::*;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
/// let server = Server::new("calculator").tools(toolset![add]);
/// # let _ = server;
/// ```
#[macro_export]
macro_rules! toolset {
    ($($function:path),* $(,)?) => {
        ::std::vec::Vec::<$crate::component::Component>::from([
            $(<$function as $crate::component::Define>::define()),*
        ])
    };
}
