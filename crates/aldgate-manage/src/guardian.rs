//! `/guardian`: factors of multi-factor authentication. Aldgate has none yet, so none can be
//! switched on: a setting must not promise protection that is not there.

use aldgate_core::error::Refusal;
use aldgate_core::members::{Kind, Member, check, member, schema};
use serde_json::{Value, json};

use crate::document::{Document, SOUND};
use crate::later::not_built;
use crate::op::schema::{array, flag, free, one_of, open, string};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, put};

const READ: &[&str] = &["read:guardian_factors"];
const UPDATE: &[&str] = &["update:guardian_factors"];
const FACTORS: [&str; 8] = [
    "sms",
    "push-notification",
    "otp",
    "email",
    "duo",
    "webauthn-roaming",
    "webauthn-platform",
    "recovery-code",
];
const ENABLED: &[Member] = &[member("enabled", Kind::Flag)];

const SMS_TEMPLATES: Document = Document {
    kind: "guardian",
    id: "sms_templates",
    members: &[
        member("enrollment_message", Kind::Text(1000)),
        member("verification_message", Kind::Text(1000)),
    ],
    defaults: || {
        json!({
            "enrollment_message": "{{code}} is your code to register this phone at {{tenant.friendly_name}}.",
            "verification_message": "{{code}} is your code for {{tenant.friendly_name}}.",
        })
    },
    check: SOUND,
};
const PHONE_PROVIDER: Document = Document {
    kind: "guardian",
    id: "phone_selected_provider",
    members: &[member(
        "provider",
        Kind::OneOf(&["auth0", "twilio", "phone-message-hook"]),
    )],
    defaults: || json!({"provider": "auth0"}),
    check: SOUND,
};
const MESSAGE_TYPES: Document = Document {
    kind: "guardian",
    id: "phone_message_types",
    members: &[member(
        "message_types",
        Kind::List(&Kind::OneOf(&["sms", "voice"]), 2),
    )],
    defaults: || json!({"message_types": []}),
    check: SOUND,
};
const PUSH_PROVIDER: Document = Document {
    kind: "guardian",
    id: "push_selected_provider",
    members: &[member(
        "provider",
        Kind::OneOf(&["guardian", "sns", "direct"]),
    )],
    defaults: || json!({"provider": "guardian"}),
    check: SOUND,
};

pub(crate) fn operations() -> Vec<Operation> {
    let factor = open(
        [
            ("name", one_of(&FACTORS)),
            ("enabled", flag()),
            ("trial_expired", flag()),
        ],
        &["name", "enabled"],
    );
    let mut all = vec![
        get("/guardian/factors", "List factors", factors)
            .scopes(READ)
            .answers(array(factor)),
        put(
            "/guardian/factors/{name}",
            "Switch a factor on or off",
            switch,
        )
        .scopes(UPDATE)
        .body(schema(ENABLED, &["enabled"]))
        .answers(open([("enabled", flag())], &["enabled"])),
        get("/guardian/policies", "List policies", policies)
            .scopes(&["read:mfa_policies"])
            .answers(array(string())),
        put("/guardian/policies", "Set policies", set_policies)
            .scopes(&["update:mfa_policies"])
            .body(json!({"type": "array", "items": {"type": "string"}, "maxItems": 10}))
            .answers(array(string())),
        get(
            "/guardian/enrollments/{id}",
            "Get an enrollment",
            no_enrollment,
        )
        .scopes(&["read:guardian_enrollments"])
        .answers(free()),
        delete(
            "/guardian/enrollments/{id}",
            "Delete an enrollment",
            no_enrollment,
        )
        .scopes(&["delete:guardian_enrollments"]),
    ];
    all.extend(settings());
    all
}

/// Settings of factors, each a document or nothing yet.
fn settings() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(document("/guardian/factors/sms/templates", SMS_TEMPLATES));
    all.extend(document("/guardian/factors/phone/templates", SMS_TEMPLATES));
    all.extend(document(
        "/guardian/factors/phone/selected-provider",
        PHONE_PROVIDER,
    ));
    all.extend(document(
        "/guardian/factors/sms/selected-provider",
        PHONE_PROVIDER,
    ));
    all.extend(document(
        "/guardian/factors/phone/message-types",
        MESSAGE_TYPES,
    ));
    all.extend(document(
        "/guardian/factors/push-notification/selected-provider",
        PUSH_PROVIDER,
    ));
    for path in [
        "/guardian/factors/sms/providers/twilio",
        "/guardian/factors/phone/providers/twilio",
        "/guardian/factors/push-notification/providers/sns",
        "/guardian/factors/push-notification/providers/apns",
        "/guardian/factors/push-notification/providers/fcm",
        "/guardian/factors/duo/settings",
    ] {
        all.push(
            get(path, "Get a provider", no_provider)
                .scopes(READ)
                .answers(free()),
        );
        let set = put(path, "Set a provider", refuse_provider).scopes(UPDATE);
        all.push(set.body(free()).answers(free()));
    }
    all
}

fn document(path: &'static str, document: Document) -> [Operation; 2] {
    [
        get(path, "Get a setting of a factor", move |call| {
            document.read(call)
        })
        .scopes(READ)
        .answers(free()),
        put(path, "Update a setting of a factor", move |call| {
            document.change(call)
        })
        .scopes(UPDATE)
        .body(document.body())
        .answers(free()),
    ]
}

async fn factors(_call: Call) -> Result<Reply, ApiError> {
    let factor = |name| json!({"name": name, "enabled": false, "trial_expired": false});
    Ok(Reply::ok(Value::from(FACTORS.map(factor).to_vec())))
}

async fn switch(call: Call) -> Result<Reply, ApiError> {
    let name = call.segment("name").to_owned();
    if !FACTORS.contains(&name.as_str()) {
        let refusal = Refusal::new("unknown_factor", "There is no such factor")
            .expected(FACTORS.join(", "))
            .actual(&name);
        return Err(ApiError::bad_request("invalid_uri", refusal));
    }
    let body = call.object()?;
    check(ENABLED, &["enabled"], &body)?;
    if body["enabled"] == true {
        return Err(not_built("Multi-factor authentication"));
    }
    Ok(Reply::ok(json!({"enabled": false})))
}

async fn policies(_call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(json!([])))
}

async fn set_policies(call: Call) -> Result<Reply, ApiError> {
    match serde_json::from_slice(call.raw()) {
        Ok(Value::Array(list)) if list.is_empty() => Ok(Reply::ok(json!([]))),
        Ok(Value::Array(_)) => Err(not_built("Multi-factor authentication")),
        _ => Err(ApiError::invalid_body("Expected type array")),
    }
}

async fn no_enrollment(_call: Call) -> Result<Reply, ApiError> {
    let message = "The enrollment does not exist";
    Err(ApiError::not_found("inexistent_enrollment", message))
}

async fn no_provider(_call: Call) -> Result<Reply, ApiError> {
    Ok(Reply::ok(json!({})))
}

async fn refuse_provider(_call: Call) -> Result<Reply, ApiError> {
    Err(not_built("Multi-factor authentication by this provider"))
}
