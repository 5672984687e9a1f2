//! A tenant's own texts: from Auth0's names of prompts, screens and keys to ours.
//!
//! What has no counterpart here is stored and returned, and shows nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Locale, Overrides, Texts};

/// Prompts whose texts can be set (Auth0: `/api/v2/prompts/{prompt}/custom-text/{language}`).
pub const PROMPTS: &[&str] = &[
    "login",
    "login-id",
    "login-password",
    "login-passwordless",
    "login-email-verification",
    "signup",
    "signup-id",
    "signup-password",
    "phone-identifier-enrollment",
    "phone-identifier-challenge",
    "email-identifier-challenge",
    "reset-password",
    "custom-form",
    "consent",
    "customized-consent",
    "logout",
    "mfa-push",
    "mfa-otp",
    "mfa-voice",
    "mfa-phone",
    "mfa-webauthn",
    "mfa-sms",
    "mfa-email",
    "mfa-recovery-code",
    "mfa",
    "status",
    "device-flow",
    "email-verification",
    "email-otp-challenge",
    "organizations",
    "invitation",
    "common",
    "passkeys",
    "captcha",
    "brute-force-protection",
    "async-approval-flow",
    "pre-login-organization-picker",
];

/// Prompt, screen, Auth0's key, our key.
const KEYS: &[(&str, &str, &str, &str)] = &[
    ("login", "login", "title", "login.title"),
    ("login", "login", "description", "login.lead"),
    ("login", "login", "buttonText", "login.submit"),
    ("login", "login", "usernamePlaceholder", "login.username"),
    (
        "login",
        "login",
        "usernameOrEmailPlaceholder",
        "login.username",
    ),
    ("login", "login", "emailPlaceholder", "login.username"),
    ("login", "login", "passwordPlaceholder", "login.password"),
    ("login", "login", "forgotPasswordText", "login.forgot"),
    ("login", "login", "footerText", "login.no_account"),
    ("login", "login", "signupActionText", "login.no_account"),
    ("login", "login", "footerLinkText", "login.sign_up"),
    ("login", "login", "signupActionLinkText", "login.sign_up"),
    ("login", "login", "separatorText", "login.or"),
    (
        "login",
        "login",
        "wrong-credentials",
        "problem.wrong_credentials",
    ),
    (
        "login",
        "login",
        "wrong-email-credentials",
        "problem.wrong_credentials",
    ),
    ("login", "login", "user-blocked", "problem.blocked"),
    ("login-id", "login-id", "title", "login.title"),
    ("login-id", "login-id", "description", "login.lead"),
    ("login-id", "login-id", "buttonText", "common.continue"),
    (
        "login-id",
        "login-id",
        "usernameOrEmailPlaceholder",
        "login.username",
    ),
    ("login-id", "login-id", "emailPlaceholder", "login.username"),
    ("login-id", "login-id", "footerText", "login.no_account"),
    ("login-id", "login-id", "footerLinkText", "login.sign_up"),
    (
        "login-password",
        "login-password",
        "title",
        "login.password_title",
    ),
    (
        "login-password",
        "login-password",
        "description",
        "login.password_lead",
    ),
    (
        "login-password",
        "login-password",
        "passwordPlaceholder",
        "login.password",
    ),
    (
        "login-password",
        "login-password",
        "buttonText",
        "login.submit",
    ),
    (
        "login-password",
        "login-password",
        "forgotPasswordText",
        "login.forgot",
    ),
    (
        "login-password",
        "login-password",
        "editEmailText",
        "common.edit",
    ),
    (
        "login-passwordless",
        "login-passwordless-email-code",
        "title",
        "code.title",
    ),
    (
        "login-passwordless",
        "login-passwordless-email-code",
        "description",
        "code.lead",
    ),
    (
        "login-passwordless",
        "login-passwordless-email-code",
        "buttonText",
        "code.submit",
    ),
    (
        "login-passwordless",
        "login-passwordless-email-code",
        "resendActionText",
        "code.resend",
    ),
    ("signup", "signup", "title", "signup.title"),
    ("signup", "signup", "description", "signup.lead"),
    ("signup", "signup", "buttonText", "signup.submit"),
    ("signup", "signup", "emailPlaceholder", "signup.email"),
    ("signup", "signup", "usernamePlaceholder", "signup.username"),
    ("signup", "signup", "passwordPlaceholder", "signup.password"),
    ("signup", "signup", "loginActionText", "signup.have_account"),
    ("signup", "signup", "loginActionLinkText", "signup.log_in"),
    (
        "reset-password",
        "reset-password-request",
        "title",
        "forgot.title",
    ),
    (
        "reset-password",
        "reset-password-request",
        "descriptionEmail",
        "forgot.lead",
    ),
    (
        "reset-password",
        "reset-password-request",
        "buttonText",
        "forgot.submit",
    ),
    (
        "reset-password",
        "reset-password-request",
        "backToLoginLinkText",
        "forgot.back",
    ),
    (
        "reset-password",
        "reset-password-email",
        "title",
        "notice.reset_mail_sent.title",
    ),
    (
        "reset-password",
        "reset-password-email",
        "emailDescription",
        "notice.reset_mail_sent.lead",
    ),
    ("reset-password", "reset-password", "title", "reset.title"),
    (
        "reset-password",
        "reset-password",
        "buttonText",
        "reset.submit",
    ),
    (
        "reset-password",
        "reset-password",
        "passwordPlaceholder",
        "reset.password",
    ),
    (
        "reset-password",
        "reset-password",
        "reEnterpasswordPlaceholder",
        "reset.password_again",
    ),
    (
        "reset-password",
        "reset-password-success",
        "eventTitle",
        "notice.password_changed.title",
    ),
    (
        "reset-password",
        "reset-password-success",
        "description",
        "notice.password_changed.lead",
    ),
    ("consent", "consent", "title", "consent.title"),
    ("consent", "consent", "acceptButtonText", "consent.accept"),
    ("consent", "consent", "declineButtonText", "consent.deny"),
    ("logout", "logout", "title", "logout.title"),
    ("logout", "logout", "acceptButtonText", "logout.submit"),
    ("logout", "logout", "declineButtonText", "logout.stay"),
    (
        "email-verification",
        "email-verification-result",
        "verifiedTitle",
        "notice.email_verified.title",
    ),
    (
        "email-verification",
        "email-verification-result",
        "verifiedDescription",
        "notice.email_verified.lead",
    ),
];

/// A screen of any prompt whose keys are ours, for texts that Auth0 has no name for: those of the
/// pages on which people look after their account, of notices and of mails.
const OWN: &str = "aldgate";

/// Auth0's placeholders, and ours.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("${clientName}", "{application}"),
    ("${companyName}", "{tenant}"),
    ("${tenantName}", "{tenant}"),
    ("${friendlyName}", "{tenant}"),
];

/// The prompts that have texts here, in the order in which people meet them.
#[must_use]
pub fn shown_prompts() -> Vec<&'static str> {
    let mut prompts: Vec<&'static str> = KEYS.iter().map(|entry| entry.0).collect();
    prompts.dedup();
    prompts
}

/// The texts of a prompt that show: screen, Auth0's key, our key. Where several of Auth0's keys
/// mean one text of ours, the first is meant to be written.
pub fn keys(prompt: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let own = KEYS.iter().filter(move |entry| entry.0 == prompt);
    own.map(|(_, screen, theirs, ours)| (*screen, *theirs, *ours))
}

/// The texts of one language by our keys, from the custom texts of its prompts:
/// `(prompt, {screen: {key: text}})`.
#[must_use]
pub fn translate<'a>(
    prompts: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Map<String, Value> {
    let known = Texts::new(Locale::ENGLISH, Arc::default());
    let (mut ours, mut named) = (Map::new(), Map::new());
    for (prompt, screens) in prompts {
        for (_, screen, theirs, key) in KEYS.iter().filter(|entry| entry.0 == prompt) {
            if let Some(text) = screens[screen][theirs].as_str() {
                ours.insert((*key).to_owned(), with_our_placeholders(text).into());
            }
        }
        for (key, text) in screens[OWN].as_object().into_iter().flatten() {
            if let Some(text) = text.as_str().filter(|_| known.get(key).is_some()) {
                named.insert(key.clone(), with_our_placeholders(text).into());
            }
        }
    }
    // What is named by our key is meant exactly.
    ours.extend(named);
    ours
}

fn with_our_placeholders(text: &str) -> String {
    let pairs = PLACEHOLDERS.iter();
    pairs.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What [`translate`] made, for the pages of one language.
#[must_use]
pub fn overrides(locale: Locale, texts: &Value) -> Overrides {
    let texts = texts.as_object().into_iter().flatten();
    let texts: BTreeMap<String, String> = texts
        .filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned())))
        .collect();
    Overrides::from([(locale.tag().to_owned(), texts)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::page::{Chrome, Login, MyAccount, MyPassword, Page, render};

    #[test]
    fn every_key_of_ours_exists() {
        let texts = Texts::new(Locale::ENGLISH, Arc::default());
        for (prompt, _, _, key) in KEYS {
            assert!(texts.get(key).is_some(), "{key}");
            assert!(PROMPTS.contains(prompt), "{prompt}");
        }
    }

    #[test]
    fn auth0s_names_and_placeholders_become_ours() {
        let screens = json!({
            "login": {"title": "Enter ${companyName}", "unknownKey": "x"},
            "other": {"title": "y"},
        });
        let ours = translate([("login", &screens)]);
        assert_eq!(
            Value::Object(ours),
            json!({"login.title": "Enter {tenant}"})
        );
    }

    #[test]
    fn every_text_can_be_set_by_its_own_key() {
        let screens = json!({
            "login": {"title": "by Auth0's name"},
            "aldgate": {"login.title": "by ours", "my.title": "My ${companyName}",
                "my.password.title": "A new password", "no.such": "x", "my.back": 5},
        });
        let ours = translate([("login", &screens)]);
        let expected = json!({"login.title": "by ours", "my.title": "My {tenant}",
            "my.password.title": "A new password"});
        let texts = Value::Object(ours);
        assert_eq!(texts, expected);
        let chrome = Chrome {
            overrides: Arc::new(overrides(Locale::ENGLISH, &texts)),
            ..Chrome::default()
        };
        let html = render(&MyAccount::samples().swap_remove(0).1, &chrome).expect("renders");
        assert!(html.contains("<h1>My Aldgate</h1>"), "{html}");
        let html = render(&MyPassword::samples().swap_remove(0).1, &chrome).expect("renders");
        assert!(html.contains("<h1>A new password</h1>"), "{html}");
    }

    #[test]
    fn a_tenants_text_may_name_tenant_and_application_and_nothing_that_is_not_there() {
        let own = BTreeMap::from([
            (
                "login.title".to_owned(),
                "{tenant}: {application}".to_owned(),
            ),
            ("login.submit".to_owned(), "Go, {nobody}".to_owned()),
        ]);
        let chrome = Chrome {
            overrides: Arc::new(Overrides::from([("en".to_owned(), own)])),
            ..Chrome::default()
        };
        let (_, login) = Login::samples().swap_remove(0);
        let html = render(&login, &chrome).expect("renders");
        let name = &login.application.as_ref().expect("an application").name;
        let title = format!("<h1>Aldgate: {name}</h1>");
        assert!(html.contains(&title), "{html}");
        assert!(html.contains(">Log in</button>"), "{html}");
    }
}
