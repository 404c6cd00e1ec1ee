//! Default values of arguments: announced in the schema if they can be written as JSON.

use super::{Probe, Serialize, Value};

/// Writes a default value for the schema.
pub trait ViaSerialize<T> {
    /// As JSON.
    fn shown(&self, value: &T) -> Option<Value>;
}
impl<T: Serialize> ViaSerialize<T> for &Probe<T> {
    fn shown(&self, value: &T) -> Option<Value> {
        serde_json::to_value(value).ok()
    }
}

/// See [`ViaSerialize`].
pub trait ViaSilence<T> {
    /// Not at all.
    fn shown(&self, _: &T) -> Option<Value> {
        None
    }
}
impl<T> ViaSilence<T> for Probe<T> {}
