//! Finds out at compile time what a parameter or a return type is, for the code that the macros write.
//!
//! A macro sees tokens, not types. It writes `(&&&Probe::<T>::new()).param()`, and method resolution tries the
//! traits below from the most references to the fewest: the first that holds for `T` wins. The last always holds
//! and gives a marker whose use fails with a message at the user's own type.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::answer::{Answer, Place};
use crate::context::{Context, State};
use crate::error::BoxError;
use crate::input::{Arg, Input, InputSpec};
use crate::output::{IntoContents, IntoMessages, IntoOutput, Json, json_contents};

/// A type to be looked at.
pub struct Probe<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> std::fmt::Debug for Probe<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Probe")
    }
}

impl<T: ?Sized> Default for Probe<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> Probe<T> {
    /// Looks at `T`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer to a question of [`ask`]: not 0 for yes. A number, as the compiler's errors show it.
#[derive(Debug, Clone, Copy)]
pub struct Known<const N: u8>;

mod param;
mod returned;
mod shown;

#[doc(hidden)]
pub mod ask;

pub use param::*;
pub use returned::*;
pub use shown::*;

/// The traits that method resolution picks among, without their names.
pub mod via {
    // Not as `ask`: the compiler would show that path in its errors.
    pub use super::ask as __ask;
    pub use super::{
        Param as _, Peel as _, ViaArgs as _, ViaArgument as _, ViaContents as _, ViaExtract as _,
        ViaFaulty as _, ViaJson as _, ViaJsonText as _, ViaMessages as _, ViaNoContents as _,
        ViaNoMessages as _, ViaNoSchema as _, ViaNothing as _, ViaOutput as _, ViaPlain as _, ViaResult as _,
        ViaSerialize as _, ViaSilence as _, ViaState as _, ViaStructured as _, ViaUnknown as _,
    };
}
