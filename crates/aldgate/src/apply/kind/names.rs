//! Names that the rows speak of: sections that are not supported.

/// The triggers that run actions.
pub(crate) const TRIGGERS: &[&str] = &[
    "post-login",
    "credentials-exchange",
    "pre-user-registration",
    "post-user-registration",
    "post-change-password",
];

/// Sections of auth0-deploy-cli for which there is nothing here yet, with what becomes of them.
pub(crate) const LATER: &[(&str, &str)] = &[
    ("actionModules", "put the code of a module into its actions"),
    (
        "connectionProfiles",
        "there are no connection profiles here",
    ),
    (
        "eventStreams",
        "events are read from the tenant log or a log stream",
    ),
    ("flowVaultConnections", "there are no flows here"),
    ("flows", "there are no flows here"),
    ("forms", "there are no forms here"),
    ("hooks", "Auth0 itself has ended hooks"),
    (
        "networkACLs",
        "put rules for addresses into the proxy in front",
    ),
    ("organizations", "there are no organizations here yet"),
    ("phoneProviders", "there is no phone provider here yet"),
    ("phoneTemplates", "there is no phone provider here yet"),
    (
        "rateLimitPolicies",
        "limits are a matter of the server's configuration",
    ),
    ("riskAssessment", "there is no risk assessment here"),
    ("rules", "Auth0 itself has ended rules"),
    ("rulesConfigs", "Auth0 itself has ended rules"),
    (
        "selfServiceProfiles",
        "there is no self-service for organizations here",
    ),
    (
        "supplementalSignals",
        "no signals of a content network are read",
    ),
    (
        "tokenExchangeProfiles",
        "there is no custom token exchange here yet",
    ),
    (
        "userAttributeProfiles",
        "there are no user attribute profiles here",
    ),
];

#[cfg(test)]
mod tests {
    use aldgate_core::action::Trigger;

    #[test]
    fn every_trigger_is_here() {
        assert_eq!(super::TRIGGERS, Trigger::ALL.map(Trigger::as_str));
    }
}
