//! What a template begins with, and what it is shown with before anybody gets it.

use aldgate_core::mail::template::MailTemplate;
use aldgate_core::tenant::Tenant;
use serde_json::{Value, json};

use super::own::values;
use super::{About, OutgoingMail};
use crate::page::{Chrome, Mail, MailKind, PageError, render_mail};

/// The links of the mail as shipped stand for this until they become a variable.
const LINK: &str = "https://link.invalid/";
/// As is this address.
const ADDRESS: &str = "address@link.invalid";

/// What a template is filled with to look at it: what a real mail of this name would bring.
#[must_use]
pub fn sample_variables(tenant: &Tenant, template: &str) -> Value {
    let about = About {
        template: template.to_owned(),
        application: Some("Orchard".to_owned()),
        link: Some(tenant.issuer.join("u/sample?ticket=SAMPLE")),
        ..About::default()
    };
    let mail = OutgoingMail {
        to: "ada@example.com".to_owned(),
        subject: String::new(),
        html: String::new(),
        text: String::new(),
        about: None,
        gateway: None,
        useful_until: None,
    };
    let mut variables = values(Some(tenant), None, &mail, &about);
    variables["user"] = json!({
        "user_id": "auth0|0123456789abcdef",
        "email": "ada@example.com",
        "email_verified": false,
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "nickname": "ada",
        "user_metadata": {},
        "app_metadata": {},
    });
    variables["connection"] = json!({"name": "Username-Password-Authentication"});
    variables
}

/// The mail as shipped, as a template to begin with: the same words with Liquid's variables.
///
/// # Errors
/// [`PageError`] when a template or text is broken; the tests render every kind.
pub fn own_text(kind: MailKind, chrome: &Chrome) -> Result<MailTemplate, PageError> {
    let mail = Mail {
        link: Some(LINK.to_owned()),
        ..Mail::new(kind, ADDRESS)
    };
    let rendered = render_mail(&mail, chrome)?;
    // The renderer escapes the slashes of what it fills in.
    let escaped = LINK.replace('/', "&#x2f;");
    let variables = |text: String| {
        text.replace(&escaped, "{{ url }}")
            .replace(LINK, "{{ url }}")
            .replace(ADDRESS, "{{ user.email }}")
    };
    Ok(MailTemplate {
        body: variables(rendered.html),
        from: String::new(),
        subject: variables(rendered.subject),
        enabled: false,
    })
}

#[cfg(test)]
mod tests {
    use aldgate_core::id::TenantId;
    use aldgate_core::tenant::{Issuer, TenantSettings};
    use aldgate_core::time::Timestamp;

    use super::*;

    #[test]
    fn the_shipped_text_is_a_template_that_fills() {
        let tenant = Tenant {
            id: TenantId::parse("main").expect("an id"),
            issuer: Issuer::parse("https://id.test/").expect("an issuer"),
            settings: TenantSettings::default(),
            created_at: Timestamp::from_seconds(1),
        };
        let kinds = [
            MailKind::VerifyEmail,
            MailKind::ResetPassword,
            MailKind::PasswordChanged,
            MailKind::BlockedAccount,
        ];
        for kind in kinds {
            let text = own_text(kind, &Chrome::default()).expect("renders");
            assert!(!text.body.contains(".invalid"), "{}", text.body);
            let name = kind.template().expect("a name");
            let filled = text.fill(&sample_variables(&tenant, name)).expect("fills");
            assert!(filled.html.contains("ada@example.com"), "{}", filled.html);
            let link = "https://id.test/u/sample?ticket=SAMPLE";
            let href = format!("href=\"{link}\"");
            assert!(filled.html.contains(&href), "{}", filled.html);
        }
    }
}
