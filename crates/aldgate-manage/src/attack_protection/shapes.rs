//! What bodies may hold (Auth0: `/api/v2/attack-protection`).

use aldgate_core::attack_protection::ALLOWLIST_MAX;
use aldgate_core::members::{Kind, Member, member};

const NETWORKS: Kind = Kind::List(&Kind::Text(64), ALLOWLIST_MAX);
const SHIELDS: Kind = Kind::List(
    &Kind::OneOf(&["block", "user_notification", "admin_notification"]),
    3,
);

pub(super) const BRUTE_FORCE: &[Member] = &[
    member("enabled", Kind::Flag),
    member(
        "shields",
        Kind::List(&Kind::OneOf(&["block", "user_notification"]), 2),
    ),
    member("allowlist", NETWORKS),
    member(
        "mode",
        Kind::OneOf(&["count_per_identifier_and_ip", "count_per_identifier"]),
    ),
    member("max_attempts", Kind::Whole(1, 100)),
];

const THROTTLE: Kind = Kind::Object(&[
    member("max_attempts", Kind::Whole(1, 100_000)),
    member("rate", Kind::Whole(1, 86_400_000)),
]);

pub(super) const SUSPICIOUS_IP: &[Member] = &[
    member("enabled", Kind::Flag),
    member(
        "shields",
        Kind::List(&Kind::OneOf(&["admin_notification", "block"]), 2),
    ),
    member("allowlist", NETWORKS),
    member(
        "stage",
        Kind::Object(&[
            member("pre-login", THROTTLE),
            member("pre-user-registration", THROTTLE),
            member("pre-custom-token-exchange", THROTTLE),
        ]),
    ),
];

const STAGE: Kind = Kind::Object(&[member("shields", SHIELDS)]);

pub(super) const BREACHED: &[Member] = &[
    member("enabled", Kind::Flag),
    member("shields", SHIELDS),
    member(
        "admin_notification_frequency",
        Kind::List(
            &Kind::OneOf(&["immediately", "daily", "weekly", "monthly"]),
            4,
        ),
    ),
    member("method", Kind::OneOf(&["standard", "enhanced"])),
    member(
        "stage",
        Kind::Object(&[
            member("pre-user-registration", STAGE),
            member("pre-change-password", STAGE),
        ]),
    ),
];

const WHEN: Kind = Kind::OneOf(&["never", "when_risky", "always"]);

pub(super) const BOTS: &[Member] = &[
    member(
        "bot_detection_level",
        Kind::OneOf(&["low", "medium", "high"]),
    ),
    member("challenge_password_policy", WHEN),
    member("challenge_passwordless_policy", WHEN),
    member("challenge_password_reset_policy", WHEN),
    member("allowlist", NETWORKS),
    member("monitoring_mode_enabled", Kind::Flag),
];

const SITE: Kind = Kind::Object(&[
    member("site_key", Kind::Text(500)),
    member("secret", Kind::Text(500)),
]);

pub(super) const CAPTCHA: &[Member] = &[
    member(
        "active_provider_id",
        Kind::OneOf(&[
            "arkose",
            "auth_challenge",
            "friendly_captcha",
            "hcaptcha",
            "recaptcha_v2",
            "recaptcha_enterprise",
            "simple_captcha",
        ]),
    ),
    member("arkose", Kind::Free),
    member("auth_challenge", Kind::Free),
    member("friendly_captcha", SITE),
    member("hcaptcha", SITE),
    member("recaptcha_v2", SITE),
    member("recaptcha_enterprise", Kind::Free),
    member("simple_captcha", Kind::Free),
];
