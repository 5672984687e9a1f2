//! The forms of connections: what each kind needs, and what it can be told besides.

use super::kinds::{Kind, Sort};
use crate::dashboard::form::{self, Form, choice};

/// What a secret's field says where one is stored already.
const KEPT: &str = "Stored sealed and never shown. Leave it empty to keep the one that is there.";

/// The form of a connection that is made.
pub(super) fn creation(kind: &Kind) -> Form {
    let name = form::text("name", "Name")
        .hint(
            "Applications call it so (connection=…), and users are known by it. Letters, digits \
             and hyphens; it stays for ever.",
        )
        .required();
    let form = Form::new().section("Basics", "").field(name);
    match kind.sort {
        Sort::Database => form.field(closed()).field(everywhere()),
        Sort::Passwordless => own(kind, form.field(closed()).field(everywhere())),
        Sort::Social | Sort::Enterprise => {
            let form = form.field(display_name());
            credentials(kind, form, true)
        }
    }
}

/// The form of a connection that is there.
pub(super) fn change(kind: &Kind) -> Form {
    let form = Form::new().section("Basics", "").field(active());
    match kind.sort {
        Sort::Database => passwords(names(form.field(closed()).field(everywhere()))),
        Sort::Passwordless => {
            let form = own(kind, form.field(closed()).field(everywhere()));
            form.section("Protection", "").field(brute_force())
        }
        Sort::Social | Sort::Enterprise => {
            let form = form.field(display_name()).field(button()).field(icon());
            let form = form.field(closed()).field(everywhere());
            addresses(profile(homes(kind, credentials(kind, form, false))))
        }
    }
}

fn active() -> form::Field {
    form::flag("authentication.active", "Switched on")
        .hint("Off: its button is gone and nobody logs in with it. Its users stay.")
}

fn closed() -> form::Field {
    form::flag("options.disable_signup", "Sign-up is closed")
        .hint("Only people who are known already, or whom an administrator makes, get in.")
}

fn everywhere() -> form::Field {
    form::flag("is_domain_connection", "Open to every application")
        .hint("Also to those that are made later, and to those of others.")
}

fn display_name() -> form::Field {
    form::text("display_name", "What the button says").hint("Empty: the provider's name.")
}

fn button() -> form::Field {
    form::flag("show_as_button", "Button on the login page")
        .hint("Without one, people get there by their mail domain or by the application's wish.")
}

fn icon() -> form::Field {
    form::text_of("url", "options.icon_url", "Picture of the button")
        .hint("An https address of an image.")
}

fn brute_force() -> form::Field {
    form::flag("options.brute_force_protection", "Brute-force protection").hint(
        "Failed attempts count, and too many block the account for the address they come from.",
    )
}

/// What the provider gave, by which the server proves itself there.
fn credentials(kind: &Kind, form: Form, is_new: bool) -> Form {
    let form = form.section("At the provider", "What its console gave you.");
    let secret = |field: form::Field| match is_new {
        true => field
            .required()
            .hint("Stored sealed and never shown again."),
        false => field.hint(KEPT),
    };
    let form = match kind.strategy {
        "oidc" => form.field(
            form::text_of("url", "options.discovery_url", "Discovery document").hint(
                "https://login.example.com/.well-known/openid-configuration. All addresses and keys \
                 come from there.",
            ),
        ),
        "okta" => form.field(
            form::text("options.domain", "Okta domain")
                .hint("example.okta.com")
                .required(),
        ),
        "waad" => form.field(
            form::text("options.tenant_domain", "Entra tenant")
                .hint("Its domain, example.onmicrosoft.com, or its id.")
                .required(),
        ),
        _ => form,
    };
    if kind.strategy == "apple" {
        return form
            .field(
                form::text("options.client_id", "Services ID")
                    .hint("com.example.signin")
                    .required(),
            )
            .field(form::text("options.team_id", "Team ID").required())
            .field(form::text("options.kid", "Key ID").required())
            .field(secret(form::long_secret("options.app_secret", "Key (.p8)")));
    }
    form.field(form::text("options.client_id", "Client ID").required())
        .field(secret(form::secret(
            "options.client_secret",
            "Client secret",
        )))
}

/// Whose people are at home here.
fn homes(kind: &Kind, form: Form) -> Form {
    if kind.sort != Sort::Enterprise {
        return form;
    }
    form.section("Home realm", "").field(
        form::lines("options.domain_aliases", "Mail domains").hint(
            "One on each line: example.com. Whoever types an address there on the login page goes \
             to this provider. That a domain is yours is for you to know.",
        ),
    )
}

fn profile(form: Form) -> Form {
    let copied = vec![
        choice("on_each_login", "At each login"),
        choice("on_first_login", "At the first login")
            .hint("Later changes at the provider do not come through."),
        choice("never_on_login", "Never").hint("You keep the profile yourself."),
    ];
    form.section("Profile", "")
        .field(
            form::lines("options.scope", "Further scopes")
                .hint("One on each line. What the profile needs is asked for anyway."),
        )
        .field(form::one(
            "options.set_user_root_attributes",
            "The profile is copied to the user",
            copied,
        ))
        .field(
            form::json("options.upstream_params", "Further parameters").hint(
                "A JSON object of what goes along to the provider: \
             {\"prompt\": {\"alias\": \"prompt\"}, \"hd\": {\"value\": \"example.com\"}}.",
            ),
        )
}

fn addresses(form: Form) -> Form {
    let address = |name, label| form::text_of("url", name, label);
    form.section(
        "Addresses of the provider",
        "They are known, or come from the discovery document. Fill in only what differs: GitHub \
         Enterprise, a GitLab of your own.",
    )
    .field(address("options.issuer", "Issuer"))
    .field(address(
        "options.authorization_endpoint",
        "Authorization endpoint",
    ))
    .field(address("options.token_endpoint", "Token endpoint"))
    .field(address("options.userinfo_endpoint", "Profile endpoint"))
    .field(address("options.jwks_uri", "Keys"))
    .field(
        address("options.end_session_endpoint", "Logout endpoint")
            .hint("For /v2/logout?federated."),
    )
}

fn names(form: Form) -> Form {
    let limit = |name, label| form::number(name, label, "characters");
    form.section("Usernames", "")
        .field(
            form::flag("options.requires_username", "People have a username")
                .hint("Besides their address; they log in with either."),
        )
        .field(limit("options.validation.username.min", "At least").hint("Without a number: 1."))
        .field(limit("options.validation.username.max", "At most").hint("Without a number: 15."))
}

/// Length and guessability decide; there are no rules of composition (ACC-08).
fn passwords(form: Form) -> Form {
    form.section(
        "Passwords",
        "What counts when somebody sets one. Passwords that everybody tries first, and her own name \
         or address, are refused anyway; there are no rules of composition.",
    )
    .field(
        form::number(
            "options.password_complexity_options.min_length",
            "At least",
            "characters",
        )
        .hint("8 to 64."),
    )
    .field(
        form::flag("options.password_dictionary.enable", "Refuse words of ours")
            .hint("Those of the list below."),
    )
    .field(
        form::lines("options.password_dictionary.dictionary", "Words")
            .hint("One on each line, such as the names of your products; case does not matter."),
    )
    .field(
        form::flag("options.password_history.enable", "Refuse former passwords")
            .hint("Somebody who changes hers cannot go back to one of the last."),
    )
    .field(
        form::number("options.password_history.size", "Remembered", "passwords")
            .hint("At most 24. Without a number: 5."),
    )
    .section("Protection", "")
    .field(brute_force())
}

/// Codes by mail and text message.
fn own(kind: &Kind, form: Form) -> Form {
    let form = form
        .section("Codes", "")
        .field(form::number("options.totp.length", "Length", "digits").hint("6 to 12."))
        .field(form::number("options.totp.time_step", "Valid for", "seconds").hint("60 to 600."));
    if kind.strategy == "email" {
        return form
            .section(
                "The mail",
                "Without a text of yours, the mail is Aldgate's own.",
            )
            .field(form::text("options.email.subject", "Subject"))
            .field(
                form::text("options.email.from", "Sender")
                    .hint("Counts with a mail provider of your own."),
            )
            .field(form::source("options.email.body", "Text").hint(
                "HTML with Liquid: {{ code }}, {{ link }}, {{ send }}, {{ application.name }}.",
            ));
    }
    let syntax = vec![
        choice("liquid", "Liquid").hint("{{ code }} and {{ application.name }}."),
        choice("md_with_macros", "Macros").hint("@@password@@ stands for the code."),
    ];
    form.section(
        "The web hook",
        "It gets one POST for each message: recipient, body, sender. See docs/passwordless.md.",
    )
    .field(
        form::text_of("url", "options.gateway_url", "Address")
            .hint("Without one, aldgate dev shows messages in its outbox; elsewhere none go out."),
    )
    .field(
        form::long_secret("options.gateway_authentication", "Proof").hint(
            "Optional. A JSON object with subject, audience and a secret of at least 32 \
             characters: requests then carry a signed token. Stored sealed and never shown; left \
             empty, what is stored stays.",
        ),
    )
    .field(form::text("options.from", "Sender").hint("Handed to the hook as it is."))
    .field(form::long("options.template", "Text").hint("Empty: Aldgate's own."))
    .field(form::one("options.syntax", "Written in", syntax))
}
