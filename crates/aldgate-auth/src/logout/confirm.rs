//! `POST /oidc/logout/confirm`: the answer to the question whether to log out.

use aldgate_app::extract::FormParams;
use aldgate_app::page::NoticeKind;
use axum::response::Response;
use http::StatusCode;

use super::rp_initiated::{FEDERATED, FORM, How, decide};
use crate::visitor::Visitor;

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match visitor.check_form(&fields, FORM).await {
        Ok(()) if fields.get("action") == Some("stay") => Ok(visitor
            .notice(StatusCode::OK, NoticeKind::StillLoggedIn)
            .await),
        Ok(()) => {
            let how = How {
                confirmed: true,
                federated: fields.value(FEDERATED).is_some(),
            };
            decide(&visitor, &fields, how).await
        }
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}
