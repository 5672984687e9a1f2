//! The rows, in the order in which things are made: what is named comes before what names it.

use aldgate_core::mail::template;

use super::names::TRIGGERS;
use super::{Access, Kind, Names, Place, Route, Write};

/// What a row says nothing about.
const BASE: Kind = Kind {
    section: "",
    label: "",
    place: Place::List,
    access: Access::One(ROUTE),
    key: &["name"],
    defaults: &[],
    read_only: &["id"],
    write_only: &[],
    sets: &[],
    applications: &[],
    deletable: true,
};

const ROUTE: Route = Route {
    path: "",
    write: Write::Patch,
    create: None,
    wrapped: None,
    sent_as: None,
};

const fn patched(path: &'static str) -> Access {
    Access::One(Route { path, ..ROUTE })
}

const fn put(path: &'static str) -> Access {
    let write = Write::Put;
    Access::One(Route {
        path,
        write,
        ..ROUTE
    })
}

const fn collection(path: &'static str, plural: &'static str, id: &'static str) -> Access {
    Access::Collection {
        list: path,
        path,
        plural,
        id,
    }
}

/// One document of a section of several.
const fn part(
    section: &'static str,
    label: &'static str,
    member: &'static str,
    path: &'static str,
) -> Kind {
    Kind {
        section,
        label,
        place: Place::Member(member),
        access: patched(path),
        deletable: false,
        sets: &["shields", "admin_notification_frequency", "allowlist"],
        ..BASE
    }
}

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        section: "tenant",
        label: "tenant settings",
        place: Place::Object,
        access: patched("/tenants/settings"),
        read_only: &[
            "sandbox_versions_available",
            "flags.allow_changing_enable_sso",
            "flags.enable_sso",
            "flags.disable_impersonation",
            "flags.remove_stale_idp_attributes",
        ],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "resourceServers",
        label: "API",
        access: collection("/resource-servers", "resource_servers", "id"),
        key: &["identifier"],
        read_only: &["id", "is_system", "created_at", "updated_at", "client_id"],
        write_only: &["signing_secret"],
        ..BASE
    },
    Kind {
        section: "clients",
        label: "application",
        access: collection("/clients", "clients", "client_id"),
        read_only: &[
            "tenant",
            "global",
            "owners",
            "signing_keys",
            "callback_url_template",
            "config_route",
            "custom_login_page_preview",
            "created_at",
            "updated_at",
            "jwt_configuration.secret_encoded",
        ],
        write_only: &["client_secret"],
        sets: &["grant_types"],
        ..BASE
    },
    Kind {
        section: "clientGrants",
        label: "client grant",
        access: collection("/client-grants", "client_grants", "id"),
        key: &["client_id", "audience", "subject_type"],
        defaults: &[("subject_type", "client")],
        read_only: &["id", "created_at", "updated_at", "is_system"],
        sets: &["scope"],
        applications: &["client_id"],
        ..BASE
    },
    Kind {
        section: "databases",
        label: "database",
        deletable: false,
        ..CONNECTION
    },
    Kind {
        section: "connections",
        label: "connection",
        deletable: false,
        ..CONNECTION
    },
    Kind {
        section: "roles",
        label: "role",
        access: collection("/roles", "roles", "id"),
        read_only: &["id", "type", "created_at", "updated_at"],
        sets: &["permissions"],
        ..BASE
    },
    Kind {
        section: "emailProvider",
        label: "e-mail provider",
        place: Place::Object,
        access: Access::One(Route {
            path: "/emails/provider",
            create: Some("/emails/provider"),
            ..ROUTE
        }),
        write_only: &["credentials"],
        ..BASE
    },
    Kind {
        section: "emailTemplates",
        label: "e-mail template",
        access: Access::Each(
            Names::Fixed(template::NAMES),
            Route {
                path: "/email-templates/{0}",
                create: Some("/email-templates"),
                ..ROUTE
            },
        ),
        key: &["template"],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "branding",
        label: "branding",
        place: Place::Rest(&["templates"]),
        access: patched("/branding"),
        deletable: false,
        ..BASE
    },
    Kind {
        section: "branding",
        label: "page template",
        place: Place::ListIn("templates"),
        access: Access::Each(
            Names::Fixed(&["universal_login"]),
            Route {
                path: "/branding/templates/universal-login",
                write: Write::Put,
                sent_as: Some(("body", "template")),
                ..ROUTE
            },
        ),
        key: &["template"],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "themes",
        label: "theme",
        access: Access::Collection {
            list: "/branding/themes/default",
            path: "/branding/themes",
            plural: "",
            id: "themeId",
        },
        key: &["displayName"],
        read_only: &["themeId"],
        ..BASE
    },
    Kind {
        section: "prompts",
        label: "prompt settings",
        place: Place::Rest(&["customText", "partials", "screenRenderers"]),
        access: patched("/prompts"),
        deletable: false,
        ..BASE
    },
    Kind {
        section: "prompts",
        label: "texts",
        place: Place::MapOfMaps("customText"),
        access: Access::Each(
            Names::LocalesAndPrompts,
            Route {
                path: "/prompts/{1}/custom-text/{0}",
                write: Write::Put,
                ..ROUTE
            },
        ),
        key: &[],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "prompts",
        label: "partials",
        place: Place::Map("partials"),
        access: Access::Each(
            Names::Prompts,
            Route {
                path: "/prompts/{0}/partials",
                write: Write::Put,
                ..ROUTE
            },
        ),
        key: &[],
        deletable: false,
        ..BASE
    },
    part(
        "attackProtection",
        "brute-force protection",
        "bruteForceProtection",
        "/attack-protection/brute-force-protection",
    ),
    part(
        "attackProtection",
        "suspicious IP throttling",
        "suspiciousIpThrottling",
        "/attack-protection/suspicious-ip-throttling",
    ),
    part(
        "attackProtection",
        "breached password detection",
        "breachedPasswordDetection",
        "/attack-protection/breached-password-detection",
    ),
    part(
        "attackProtection",
        "bot detection",
        "botDetection",
        "/attack-protection/bot-detection",
    ),
    part(
        "attackProtection",
        "captcha",
        "captcha",
        "/attack-protection/captcha",
    ),
    Kind {
        section: "guardianFactors",
        label: "factor",
        access: Access::Each(
            Names::Listed("/guardian/factors"),
            Route {
                path: "/guardian/factors/{0}",
                write: Write::Put,
                ..ROUTE
            },
        ),
        read_only: &["trial_expired"],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "guardianPolicies",
        label: "factor policies",
        place: Place::Object,
        access: Access::One(Route {
            path: "/guardian/policies",
            write: Write::Put,
            wrapped: Some("policies"),
            ..ROUTE
        }),
        deletable: false,
        ..BASE
    },
    Kind {
        section: "guardianPhoneFactorSelectedProvider",
        label: "phone provider choice",
        place: Place::Object,
        access: put("/guardian/factors/phone/selected-provider"),
        deletable: false,
        ..BASE
    },
    Kind {
        section: "guardianPhoneFactorMessageTypes",
        label: "phone message types",
        place: Place::Object,
        access: put("/guardian/factors/phone/message-types"),
        sets: &["message_types"],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "guardianFactorTemplates",
        label: "factor templates",
        access: Access::Each(
            Names::Fixed(&["sms"]),
            Route {
                path: "/guardian/factors/{0}/templates",
                write: Write::Put,
                ..ROUTE
            },
        ),
        deletable: false,
        ..BASE
    },
    Kind {
        section: "guardianFactorProviders",
        label: "factor provider",
        access: Access::Each(
            Names::Fixed(&["sms/twilio", "push-notification/sns"]),
            Route {
                path: "/guardian/factors/{0}/providers/{1}",
                write: Write::Put,
                ..ROUTE
            },
        ),
        key: &["name", "provider"],
        write_only: &["auth_token", "aws_secret_access_key"],
        deletable: false,
        ..BASE
    },
    Kind {
        section: "customDomains",
        label: "custom domain",
        access: collection("/custom-domains", "", "custom_domain_id"),
        key: &["domain"],
        read_only: &[
            "custom_domain_id",
            "status",
            "primary",
            "is_default",
            "origin_domain_name",
            "verification",
            "certificate",
        ],
        ..BASE
    },
    Kind {
        section: "logStreams",
        label: "log stream",
        access: collection("/log-streams", "", "id"),
        // The server pauses a stream by itself.
        read_only: &["id", "status"],
        write_only: &["sink"],
        ..BASE
    },
    Kind {
        section: "actions",
        label: "action",
        access: collection("/actions/actions", "actions", "id"),
        read_only: &[
            "id",
            "status",
            "all_changes_deployed",
            "deployed_version",
            "installed_integration_id",
            "built_at",
            "created_at",
            "updated_at",
        ],
        write_only: &["secrets"],
        ..BASE
    },
    Kind {
        section: "triggers",
        label: "trigger",
        place: Place::Lists("bindings"),
        access: Access::Each(
            Names::Fixed(TRIGGERS),
            Route {
                path: "/actions/triggers/{0}/bindings",
                ..ROUTE
            },
        ),
        key: &[],
        deletable: false,
        ..BASE
    },
];

const CONNECTION: Kind = Kind {
    access: collection("/connections", "connections", "id"),
    read_only: &[
        "id",
        "realms",
        "provisioning_ticket_url",
        "created_at",
        "updated_at",
        "options.configuration",
    ],
    write_only: &[
        "options.client_secret",
        "options.app_secret",
        "options.twilio_token",
        "options.token",
    ],
    sets: &["enabled_clients"],
    applications: &["enabled_clients"],
    ..BASE
};
