//! Our values in PostgreSQL's binary format.

use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::StoreError;
use crate::row::Cell;
use crate::value::Value;

type Boxed = Box<dyn Error + Sync + Send>;

/// Reads one column of a row.
pub(crate) fn cell(row: &postgres::Row, index: usize) -> Result<Cell<'_>, StoreError> {
    row.try_get(index).map_err(StoreError::unavailable)
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match (*self, ty) {
            (Self::Text(None) | Self::Int(None) | Self::Blob(None), _) => Ok(IsNull::Yes),
            (Self::Text(Some(text)), &Type::TEXT) => text.to_sql(ty, out),
            (Self::Int(Some(value)), &Type::INT8) => value.to_sql(ty, out),
            (Self::Int(Some(value)), &Type::INT4) => i32::try_from(value)?.to_sql(ty, out),
            (Self::Blob(Some(bytes)), &Type::BYTEA) => bytes.to_sql(ty, out),
            (value, ty) => Err(format!("cannot bind {} as {ty}", value.type_name()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(|value| Self::Int(value.into())),
            Type::BYTEA => Ok(Self::Blob(raw)),
            _ => <&str>::from_sql(ty, raw).map(Self::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        let ours = [
            Type::INT8,
            Type::INT4,
            Type::BYTEA,
            Type::TEXT,
            Type::VARCHAR,
            Type::NAME,
        ];
        ours.contains(ty)
    }
}
