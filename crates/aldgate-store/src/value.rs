//! Values that go into statements: text, integers, bytes and typed nulls.

use aldgate_core::id::{
    ActionId, ActionVersionId, ApiId, ClientGrantId, ClientId, ConnectionId, EventId, ExecutionId,
    GrantId, JobId, KeyId, RoleId, SessionId, TenantId, UserId,
};
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Timestamp;
use serde::Serialize;

use crate::error::StoreError;

/// One bound parameter. A null has a type, because PostgreSQL asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Blob(Option<&'a [u8]>),
}

impl Value<'_> {
    /// The kind of value, for messages: the value itself may be a secret.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Int(_) => "an integer",
            Value::Blob(_) => "bytes",
        }
    }
}

/// A type that can be bound to a statement.
pub(crate) trait Bind {
    /// The null of this type.
    const NULL: Value<'static>;

    fn value(&self) -> Value<'_>;
}

/// What a statement is run with: the tenant as `?1`, when there is one, then the others.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a> {
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) rest: &'a [Value<'a>],
}

impl<'a> Params<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = Value<'a>> {
        self.tenant
            .map(Bind::value)
            .into_iter()
            .chain(self.rest.iter().copied())
    }

    pub(crate) fn count(self) -> usize {
        self.rest.len() + usize::from(self.tenant.is_some())
    }
}

/// Lists the parameters of a statement: from `?2` on a [`crate::Tx`], which puts its tenant first;
/// from `?1` on a [`crate::SystemTx`].
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::value::Bind::value(&$value)),*]
    };
}
pub(crate) use params;

/// Writes `document` as JSON, to be bound as text.
pub(crate) fn to_json<T: Serialize + ?Sized>(document: &T) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(StoreError::unavailable)
}

macro_rules! bind_text {
    ($($type:ty),* $(,)?) => {$(
        impl Bind for $type {
            const NULL: Value<'static> = Value::Text(None);

            fn value(&self) -> Value<'_> {
                Value::Text(Some(self.as_ref()))
            }
        }
    )*};
}

bind_text!(
    str,
    String,
    ActionId,
    ActionVersionId,
    ApiId,
    ClientGrantId,
    ClientId,
    ConnectionId,
    EventId,
    ExecutionId,
    GrantId,
    JobId,
    KeyId,
    RoleId,
    SessionId,
    TenantId,
    UserId,
);

impl Bind for i64 {
    const NULL: Value<'static> = Value::Int(None);

    fn value(&self) -> Value<'_> {
        Value::Int(Some(*self))
    }
}

impl Bind for bool {
    const NULL: Value<'static> = Value::Int(None);

    fn value(&self) -> Value<'_> {
        Value::Int(Some(i64::from(*self)))
    }
}

impl Bind for u32 {
    const NULL: Value<'static> = Value::Int(None);

    fn value(&self) -> Value<'_> {
        Value::Int(Some(i64::from(*self)))
    }
}

/// Counts and limits. A value beyond `i64` is cut to its maximum: no table is that large.
impl Bind for usize {
    const NULL: Value<'static> = Value::Int(None);

    fn value(&self) -> Value<'_> {
        Value::Int(Some(i64::try_from(*self).unwrap_or(i64::MAX)))
    }
}

impl Bind for Timestamp {
    const NULL: Value<'static> = Value::Int(None);

    fn value(&self) -> Value<'_> {
        Value::Int(Some(self.micros()))
    }
}

impl Bind for [u8] {
    const NULL: Value<'static> = Value::Blob(None);

    fn value(&self) -> Value<'_> {
        Value::Blob(Some(self))
    }
}

impl Bind for Vec<u8> {
    const NULL: Value<'static> = Value::Blob(None);

    fn value(&self) -> Value<'_> {
        Value::Blob(Some(self))
    }
}

impl Bind for TokenHash {
    const NULL: Value<'static> = Value::Blob(None);

    fn value(&self) -> Value<'_> {
        Value::Blob(Some(self.as_bytes()))
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    const NULL: Value<'static> = T::NULL;

    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Bind> Bind for Option<T> {
    const NULL: Value<'static> = T::NULL;

    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(T::NULL, Bind::value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_keep_their_type() {
        let expected = [Value::Text(None), Value::Int(None), Value::Blob(None)];
        assert_eq!(
            params![None::<String>, None::<Timestamp>, None::<&[u8]>],
            &expected
        );
    }

    #[test]
    fn booleans_and_times_are_integers() {
        let expected = [
            Value::Int(Some(1)),
            Value::Int(Some(1_000_000)),
            Value::Text(Some("x")),
        ];
        assert_eq!(
            params![true, Timestamp::from_seconds(1), Some("x")],
            &expected
        );
    }
}
