//! Parameters: given by the server, or read from the arguments.

use super::{
    Arg, BoxError, Context, DeserializeOwned, Input, InputSpec, JsonSchema, Known, PhantomData, Probe, State,
};

/// What the server gives to a handler by itself, beside its arguments.
///
/// Implement it for a type of your own to take that type as a parameter.
///
/// ```
/// use toolwright::{BoxError, Context, Extract};
///
/// /// The caller's trace id, or none.
/// struct TraceId(Option<String>);
///
/// impl Extract for TraceId {
///     fn extract(ctx: &Context) -> Result<Self, BoxError> {
///         Ok(Self(ctx.trace_parent().and_then(|text| text.split('-').nth(1)).map(str::to_owned)))
///     }
/// }
/// ```
pub trait Extract: Sized + Send {
    /// Takes it from the call.
    ///
    /// # Errors
    ///
    /// Ends the call: a `ToolError` is shown to the model, any other error is masked.
    fn extract(ctx: &Context) -> Result<Self, BoxError>;
}

/// How one parameter of type `T` comes by its value.
pub trait Param<T>: Copy + Send + Sync + 'static {
    /// Whether there is a way to come by it.
    type Possible;
    /// Whether a model can be told how to write it.
    type Described;
    /// To ask about both.
    fn known(self) -> (PhantomData<Self::Possible>, PhantomData<Self::Described>) {
        (PhantomData, PhantomData)
    }
    /// Adds the parameter to what the handler takes; gives the place of an argument.
    fn describe(self, spec: &mut InputSpec, arg: Arg) -> usize;
    /// The value, or none when the input now holds what is wrong.
    fn take(self, input: &mut Input<'_>, index: usize) -> Option<T>;
    /// The value, or the default when it was left out.
    fn take_or(self, input: &mut Input<'_>, index: usize, default: impl FnOnce() -> T) -> Option<T>;
}

/// All arguments as one value of the user's own struct: `Args(order): Args<NewOrder>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Args<T>(pub T);

macro_rules! type_marker {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T>(PhantomData<fn() -> T>);
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $name<T> {}
        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}
pub(super) use type_marker;

type_marker!(
    /// The parameter is given by the server.
    Given
);
type_marker!(
    /// The parameter is an argument.
    Argument
);
type_marker!(
    /// The parameter is shared state.
    Shared
);
type_marker!(
    /// The parameter is all arguments at once.
    Whole
);
type_marker!(
    /// The parameter could be an argument if it had a schema.
    NoSchema
);
type_marker!(
    /// The parameter is nothing that can be a parameter.
    Unknown
);

/// Says what a parameter is; the traits of this module hold for ever fewer references.
pub trait ViaState<T> {
    /// Shared state.
    fn param(&self) -> Shared<T> {
        Shared(PhantomData)
    }
}
impl<T: Send + Sync + 'static> ViaState<T> for &&&&&Probe<State<T>> {}

/// See [`ViaState`].
pub trait ViaArgs<T> {
    /// All arguments.
    fn param(&self) -> Whole<T> {
        Whole(PhantomData)
    }
}
impl<T: DeserializeOwned + JsonSchema> ViaArgs<T> for &&&&Probe<Args<T>> {}

/// See [`ViaState`].
pub trait ViaExtract<T> {
    /// Given by the server.
    fn param(&self) -> Given<T> {
        Given(PhantomData)
    }
}
impl<T: Extract> ViaExtract<T> for &&&Probe<T> {}

/// See [`ViaState`].
pub trait ViaArgument<T> {
    /// An argument.
    fn param(&self) -> Argument<T> {
        Argument(PhantomData)
    }
}
impl<T: DeserializeOwned + JsonSchema + Send> ViaArgument<T> for &&Probe<T> {}

/// See [`ViaState`].
pub trait ViaNoSchema<T> {
    /// An argument but for its schema.
    fn param(&self) -> NoSchema<T> {
        NoSchema(PhantomData)
    }
}
impl<T: DeserializeOwned + Send> ViaNoSchema<T> for &Probe<T> {}

/// See [`ViaState`].
pub trait ViaUnknown<T> {
    /// Nothing known.
    fn param(&self) -> Unknown<T> {
        Unknown(PhantomData)
    }
}
impl<T> ViaUnknown<T> for Probe<T> {}

impl Extract for Context {
    fn extract(ctx: &Context) -> Result<Self, BoxError> {
        Ok(ctx.clone())
    }
}

impl<T: Extract + 'static> Param<T> for Given<T> {
    type Possible = Known<1>;
    type Described = Known<1>;

    fn describe(self, spec: &mut InputSpec, _: Arg) -> usize {
        spec.sees_the_call = true;
        usize::MAX
    }

    fn take(self, input: &mut Input<'_>, _: usize) -> Option<T> {
        T::extract(input.context()).map_err(|error| input.failure = Some(error)).ok()
    }

    fn take_or(self, input: &mut Input<'_>, index: usize, _: impl FnOnce() -> T) -> Option<T> {
        self.take(input, index)
    }
}

impl<T: DeserializeOwned + JsonSchema + 'static> Param<T> for Argument<T> {
    type Possible = Known<1>;
    type Described = Known<1>;

    fn describe(self, spec: &mut InputSpec, arg: Arg) -> usize {
        spec.argument::<T>(arg)
    }

    fn take(self, input: &mut Input<'_>, index: usize) -> Option<T> {
        input.take(index)
    }

    fn take_or(self, input: &mut Input<'_>, index: usize, default: impl FnOnce() -> T) -> Option<T> {
        input.take_or(index, default)
    }
}

impl<T: Send + Sync + 'static> Param<State<T>> for Shared<T> {
    type Possible = Known<1>;
    type Described = Known<1>;

    fn describe(self, spec: &mut InputSpec, _: Arg) -> usize {
        spec.state::<T>();
        usize::MAX
    }

    fn take(self, input: &mut Input<'_>, _: usize) -> Option<State<T>> {
        input.state()
    }

    fn take_or(self, input: &mut Input<'_>, index: usize, _: impl FnOnce() -> State<T>) -> Option<State<T>> {
        self.take(input, index)
    }
}

impl<T: DeserializeOwned + JsonSchema + 'static> Param<Args<T>> for Whole<T> {
    type Possible = Known<1>;
    type Described = Known<1>;

    fn describe(self, spec: &mut InputSpec, _: Arg) -> usize {
        spec.whole::<T>();
        usize::MAX
    }

    fn take(self, input: &mut Input<'_>, _: usize) -> Option<Args<T>> {
        input.take_whole().map(Args)
    }

    fn take_or(self, input: &mut Input<'_>, index: usize, _: impl FnOnce() -> Args<T>) -> Option<Args<T>> {
        self.take(input, index)
    }
}

macro_rules! never_taken {
    ($($marker:ident: $possible:literal, $described:literal;)*) => {$(
        impl<T: 'static> Param<T> for $marker<T> {
            type Possible = Known<$possible>;
            type Described = Known<$described>;

            fn describe(self, _: &mut InputSpec, _: Arg) -> usize {
                usize::MAX
            }

            fn take(self, _: &mut Input<'_>, _: usize) -> Option<T> {
                None
            }

            fn take_or(self, _: &mut Input<'_>, _: usize, _: impl FnOnce() -> T) -> Option<T> {
                None
            }
        }
    )*};
}
never_taken! {
    NoSchema: 1, 0;
    Unknown: 0, 1;
}
