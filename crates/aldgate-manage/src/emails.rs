//! `/emails/provider`: who carries the tenant's mail. SMTP is used; other providers are stored.
//! `/emails/test`, which is ours, sends a mail at once and tells what the server answered.

mod provider;
mod test;

use aldgate_core::mail::provider::{MEMBERS, NAMES, REQUIRED};
use aldgate_core::members::schema;

use crate::op::schema::{flag, free, one_of, open, string};
use crate::op::{FIELDS, Operation, delete, get, patch, post};

const PATH: &str = "/emails/provider";

pub(crate) fn operations() -> Vec<Operation> {
    let shape = |required: &[&str]| {
        open(
            [
                ("name", one_of(NAMES)),
                ("enabled", flag()),
                ("default_from_address", string()),
                ("credentials", free()),
                ("settings", free()),
            ],
            required,
        )
    };
    vec![
        get(PATH, "Get the mail provider", provider::read)
            .scopes(&["read:email_provider"])
            .query(FIELDS)
            .answers(shape(&[])),
        post(PATH, "Configure the mail provider", provider::create)
            .scopes(&["create:email_provider"])
            .body(schema(MEMBERS, REQUIRED))
            .answers(shape(&["name", "enabled"])),
        patch(PATH, "Update the mail provider", provider::update)
            .scopes(&["update:email_provider"])
            .body(schema(MEMBERS, &[]))
            .answers(shape(&["name", "enabled"])),
        delete(PATH, "Delete the mail provider", provider::remove)
            .scopes(&["delete:email_provider"]),
        test::operation(),
    ]
}
