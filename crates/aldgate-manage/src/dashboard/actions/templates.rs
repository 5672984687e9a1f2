//! Typical actions to begin with: those of `examples/actions`, which tests run.

use aldgate_core::action::Trigger;

/// An action to begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    pub(super) id: &'static str,
    /// What it does, as the name of the new action.
    pub(super) label: &'static str,
    pub(super) about: &'static str,
    pub(super) trigger: Trigger,
    pub(super) code: &'static str,
}

macro_rules! example {
    ($file:literal, $trigger:ident, $label:literal, $about:literal) => {
        Template {
            id: $file,
            label: $label,
            about: $about,
            trigger: Trigger::$trigger,
            code: include_str!(concat!("../../../../../examples/actions/", $file, ".js")),
        }
    };
}

/// In the order of the page, the most asked for first.
pub(super) const TEMPLATES: [Template; 16] = [
    example!(
        "add-email-to-access-token",
        PostLogin,
        "Address in the access token",
        "APIs see the verified e-mail address without asking /userinfo."
    ),
    example!(
        "add-roles-to-tokens",
        PostLogin,
        "Roles in the tokens",
        "The names of the user's roles as a claim of both tokens."
    ),
    example!(
        "require-verified-email",
        PostLogin,
        "Verified addresses only",
        "Nobody logs in before she opened the link in the mail."
    ),
    example!(
        "deny-by-email-domain",
        PostLogin,
        "Company domains only",
        "Lets in addresses of the domains in the secret DOMAINS, and nobody else."
    ),
    example!(
        "application-allow-list",
        PostLogin,
        "Roles of an application",
        "An application names in its metadata the roles that may use it."
    ),
    example!(
        "limit-scopes-by-role",
        PostLogin,
        "Scopes by role",
        "Takes scopes away from people who lack a role."
    ),
    example!(
        "first-login-flag",
        PostLogin,
        "First login",
        "A claim says that it is the first login, for a tour."
    ),
    example!(
        "accept-terms",
        PostLogin,
        "Accept new terms",
        "Sends people to a page of yours until they accept the terms."
    ),
    example!(
        "enrich-profile-by-fetch",
        PostLogin,
        "Ask another system",
        "Asks a register for a claim and keeps its answer for an hour."
    ),
    example!(
        "weekday-access",
        PostLogin,
        "Office hours",
        "Logs in on weekdays only."
    ),
    example!(
        "m2m-custom-claims",
        CredentialsExchange,
        "Team of a machine",
        "Puts a value of the application's metadata into its tokens."
    ),
    example!(
        "m2m-deny",
        CredentialsExchange,
        "Refuse a machine",
        "Refuses tokens to applications by your own rule."
    ),
    example!(
        "block-disposable-mail",
        PreUserRegistration,
        "No throw-away addresses",
        "Refuses registrations with addresses that are gone tomorrow."
    ),
    example!(
        "registration-metadata",
        PreUserRegistration,
        "Metadata of new users",
        "Notes language and application when somebody registers."
    ),
    example!(
        "tell-crm-of-registration",
        PostUserRegistration,
        "Tell another system",
        "Sends new users to a customer register."
    ),
    example!(
        "notify-on-password-change",
        PostChangePassword,
        "Tell of a new password",
        "A chat channel hears that a password was changed."
    ),
];

/// The code of an action that does nothing yet.
pub(super) fn blank(trigger: Trigger) -> String {
    let (_, about) = super::about(trigger);
    let decides = !matches!(
        trigger,
        Trigger::PostUserRegistration | Trigger::PostChangePassword
    );
    let arguments = if decides { "event, api" } else { "event" };
    format!(
        "// {about}\nexports.{} = async ({arguments}) => {{\n}};\n",
        trigger.handler()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_exports_the_function_of_its_trigger() {
        for template in TEMPLATES {
            let handler = format!("exports.{} = ", template.trigger.handler());
            assert!(template.code.contains(&handler), "{}", template.id);
        }
        for trigger in Trigger::ALL {
            assert!(blank(trigger).contains(trigger.handler()));
        }
    }
}
