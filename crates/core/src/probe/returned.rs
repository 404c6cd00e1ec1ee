//! Return values: a `Result` or the value itself, told as it is or as JSON.

use std::convert::Infallible;
use std::sync::Arc;

use super::param::type_marker;
use super::{
    Answer, BoxError, IntoContents, IntoMessages, IntoOutput, Json, JsonSchema, Known, PhantomData, Place,
    Probe, Serialize, Value, json_contents,
};

type_marker!(
    /// Returns a `Result`.
    Fallible
);
type_marker!(
    /// Returns a `Result` whose error is no error.
    Faulty
);
type_marker!(
    /// Returns the value itself.
    Plain
);

/// How a returned `R` comes apart into a value and an error.
pub trait Peel<R>: Copy + Send + Sync + 'static {
    /// The value inside.
    type Value;
    /// The error inside.
    type Error;
    /// Takes it out.
    ///
    /// # Errors
    ///
    /// The error inside, boxed.
    fn peel(self, returned: R) -> Result<Self::Value, BoxError>;
    /// To look at the value's type.
    fn value(self) -> Probe<Self::Value> {
        Probe::new()
    }
    /// Whether the error, if there is any, is one.
    type Known;
    /// To ask about the error.
    fn known(self) -> PhantomData<Self::Known> {
        PhantomData
    }
    /// To look at the error's type.
    fn error(self) -> Probe<Self::Error> {
        Probe::new()
    }
}

/// Says how a returned value comes apart.
pub trait ViaResult<R> {
    /// A `Result`.
    fn peel(&self) -> Fallible<R> {
        Fallible(PhantomData)
    }
}
impl<T, E: Into<BoxError>> ViaResult<Result<T, E>> for &&Probe<Result<T, E>> {}

/// See [`ViaResult`].
pub trait ViaFaulty<R> {
    /// A `Result` whose error is no error.
    fn peel(&self) -> Faulty<R> {
        Faulty(PhantomData)
    }
}
impl<T, E> ViaFaulty<Result<T, E>> for &Probe<Result<T, E>> {}

/// See [`ViaResult`].
pub trait ViaPlain<R> {
    /// The value itself.
    fn peel(&self) -> Plain<R> {
        Plain(PhantomData)
    }
}
impl<R> ViaPlain<R> for Probe<R> {}

impl<T: 'static, E: Into<BoxError> + 'static> Peel<Result<T, E>> for Fallible<Result<T, E>> {
    type Known = Known<1>;
    type Value = T;
    type Error = E;

    fn peel(self, returned: Result<T, E>) -> Result<T, BoxError> {
        returned.map_err(Into::into)
    }
}

impl<T: 'static, E: 'static> Peel<Result<T, E>> for Faulty<Result<T, E>> {
    type Known = Known<0>;
    type Value = T;
    type Error = E;

    fn peel(self, returned: Result<T, E>) -> Result<T, BoxError> {
        returned.map_err(|_| "an error of no known type".into())
    }
}

impl<T: 'static> Peel<T> for Plain<T> {
    type Known = Known<1>;
    type Value = T;
    type Error = Infallible;

    fn peel(self, returned: T) -> Result<T, BoxError> {
        Ok(returned)
    }
}

/// How a value of type `T` becomes the result of a call.
pub trait Encode<T>: Copy + Send + Sync + 'static {
    /// Whether it can.
    type Known;
    /// The schema of the structured content, if there is any.
    fn schema(self) -> Option<Value> {
        None
    }
    /// Writes it.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError>;
}

/// Told as what it is.
#[derive(Debug, Clone, Copy)]
pub struct AsIs;
/// Told as structured content, with a schema.
#[derive(Debug, Clone, Copy)]
pub struct AsStructured {
    is_object: bool,
}
/// Told as structured content, without a schema.
#[derive(Debug, Clone, Copy)]
pub struct AsJson;
/// Nothing that can be returned.
#[derive(Debug, Clone, Copy)]
pub struct NotReturned;

/// Says how a tool's value is told.
pub trait ViaOutput {
    /// As it is.
    fn output(&self) -> AsIs {
        AsIs
    }
}
impl<T: IntoOutput> ViaOutput for &&&Probe<T> {}

/// See [`ViaOutput`].
pub trait ViaStructured {
    /// As structured content.
    fn output(&self) -> AsStructured;
}
impl<T: Serialize + JsonSchema> ViaStructured for &&Probe<T> {
    fn output(&self) -> AsStructured {
        AsStructured { is_object: crate::schema::is_object(&crate::schema::of_output::<T>()) }
    }
}

/// See [`ViaOutput`].
pub trait ViaJson {
    /// As structured content without a schema.
    fn output(&self) -> AsJson {
        AsJson
    }
}
impl<T: Serialize> ViaJson for &Probe<T> {}

/// See [`ViaOutput`].
pub trait ViaNothing {
    /// Not at all.
    fn output(&self) -> NotReturned {
        NotReturned
    }
}
impl<T> ViaNothing for Probe<T> {}

impl<T: IntoOutput> Encode<T> for AsIs {
    type Known = Known<1>;

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        value.write(answer)
    }
}

impl<T: Serialize + JsonSchema> Encode<T> for AsStructured {
    type Known = Known<1>;

    fn schema(self) -> Option<Value> {
        Some(crate::schema::of_output::<T>())
    }

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        answer.structured(&value, self.is_object)
    }
}

impl<T: Serialize> Encode<T> for AsJson {
    type Known = Known<1>;

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        let value = serde_json::to_value(value)?;
        answer.structured(&value, value.is_object())
    }
}

impl<T: Serialize> IntoOutput for Json<T> {
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        AsJson.encode(self.0, answer)
    }
}

/// Resource contents, told as they are.
#[derive(Debug, Clone, Copy)]
pub struct AsContents;
/// A value told as a JSON text.
#[derive(Debug, Clone, Copy)]
pub struct AsJsonText;

/// Nothing that a resource can hold.
#[derive(Debug, Clone, Copy)]
pub struct NotContents;

/// Says how a resource's value is told.
pub trait ViaContents {
    /// As it is.
    fn contents(&self) -> AsContents {
        AsContents
    }
}
impl<T: IntoContents> ViaContents for &&Probe<T> {}

/// See [`ViaContents`].
pub trait ViaJsonText {
    /// As JSON text.
    fn contents(&self) -> AsJsonText {
        AsJsonText
    }
}
impl<T: Serialize> ViaJsonText for &Probe<T> {}

/// See [`ViaContents`].
pub trait ViaNoContents {
    /// Not at all.
    fn contents(&self) -> NotContents {
        NotContents
    }
}
impl<T> ViaNoContents for Probe<T> {}

impl<T: IntoContents> Encode<T> for AsContents {
    type Known = Known<1>;

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        let place = place(answer)?;
        let Place { uri, mime_type, cache } = &*place;
        let contents = value.contents(uri, mime_type.as_deref());
        answer.cacheable(&serde_json::json!({ "contents": contents }), *cache)
    }
}

impl<T: Serialize> Encode<T> for AsJsonText {
    type Known = Known<1>;

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        let place = place(answer)?;
        let Place { uri, mime_type, cache } = &*place;
        let contents = json_contents(&value, uri, mime_type.as_deref())?;
        answer.cacheable(&serde_json::json!({ "contents": contents }), *cache)
    }
}

fn place(answer: &Answer<'_>) -> Result<Arc<Place>, BoxError> {
    answer.place.clone().ok_or_else(|| "contents are the result of reading a resource".into())
}

/// A prompt's messages.
#[derive(Debug, Clone, Copy)]
pub struct AsMessages;
/// No messages.
#[derive(Debug, Clone, Copy)]
pub struct NotMessages;

/// Says how a prompt's value is told.
pub trait ViaMessages {
    /// As messages.
    fn messages(&self) -> AsMessages {
        AsMessages
    }
}
impl<T: IntoMessages> ViaMessages for &Probe<T> {}

/// See [`ViaMessages`].
pub trait ViaNoMessages {
    /// Not at all.
    fn messages(&self) -> NotMessages {
        NotMessages
    }
}
impl<T> ViaNoMessages for Probe<T> {}

impl<T: IntoMessages> Encode<T> for AsMessages {
    type Known = Known<1>;

    fn encode(self, value: T, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        let messages: Vec<_> = value.messages().into_iter().map(Into::into).collect();
        answer.messages(&messages)
    }
}

macro_rules! never_told {
    ($($marker:ident)*) => {$(
        impl<T> Encode<T> for $marker {
            type Known = Known<0>;

            fn encode(self, _: T, _: &mut Answer<'_>) -> Result<(), BoxError> {
                Ok(())
            }
        }
    )*};
}
never_told!(NotReturned NotContents NotMessages);

/// The schema of a tool's structured content, if it has any.
pub fn output_schema<T, K: Encode<T>>(_: &Probe<T>, kind: &K) -> Option<Value> {
    kind.schema()
}
