//! Why a page could not be shown: a closed list, each with what helps.

use aldgate_store::StoreError;
use http::StatusCode;

use super::api::Refused;

/// Why a page could not be shown.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The user's roles do not permit it: one of these is missing.
    Missing(Vec<&'static str>),
    /// There is no such thing, or no such page.
    NotFound,
    /// The form was not made for this session.
    Forged,
    /// An operation was refused.
    Refused(Refused),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused.status {
            StatusCode::NOT_FOUND => Self::NotFound,
            _ => Self::Refused(refused),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database does not answer the dashboard");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::Refused(Refused::new(status, "The database does not answer."))
    }
}

impl Fault {
    /// The status of the page that tells of it.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_) | Self::Forged => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Refused(refused) => refused.status,
        }
    }
}
