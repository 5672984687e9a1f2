//! Attack-protection settings that the server stores and returns, but does not act on yet: there
//! is no list of breached passwords and no challenge.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::network::Cidr;
use crate::settings::Document;

/// Detection of passwords that were published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BreachedPasswords {
    /// Whether it acts at all.
    pub enabled: bool,
    /// What happens at a log-in: `block`, `user_notification`, `admin_notification`.
    pub shields: Vec<String>,
    /// How often administrators are told: `immediately`, `daily`, `weekly`, `monthly`.
    pub admin_notification_frequency: Vec<String>,
    /// Where passwords are looked up: `standard` or `enhanced`.
    pub method: String,
    /// What happens elsewhere.
    pub stage: BreachStages,
}

/// Where else passwords are looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct BreachStages {
    /// At a sign-up.
    pub pre_user_registration: BreachStage,
    /// When a password is changed.
    pub pre_change_password: BreachStage,
}

/// What happens at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BreachStage {
    /// `block`, `admin_notification`.
    pub shields: Vec<String>,
}

/// When people have to prove that they are some.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BotDetection {
    /// How readily somebody is taken for a robot.
    pub bot_detection_level: BotDetectionLevel,
    /// At a log-in with a password.
    pub challenge_password_policy: ChallengePolicy,
    /// At a log-in without one.
    pub challenge_passwordless_policy: ChallengePolicy,
    /// At a reset of a password.
    pub challenge_password_reset_policy: ChallengePolicy,
    /// Networks that are exempt.
    pub allowlist: Vec<Cidr>,
    /// Whether robots are only told of.
    pub monitoring_mode_enabled: bool,
}

/// How readily somebody is taken for a robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotDetectionLevel {
    /// Seldom.
    Low,
    /// In between.
    #[default]
    Medium,
    /// Often.
    High,
}

/// When a challenge is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengePolicy {
    /// Never.
    #[default]
    Never,
    /// To whom it seems a robot.
    WhenRisky,
    /// To everybody.
    Always,
}

/// Which challenge is shown; the providers' own settings are kept as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Captcha {
    /// The provider in use.
    pub active_provider_id: Option<String>,
    /// Settings of each provider.
    #[serde(flatten)]
    pub providers: Map<String, Value>,
}

impl Document for BreachedPasswords {
    const KIND: &'static str = "attack_protection.breached_passwords";
}

impl Document for BotDetection {
    const KIND: &'static str = "attack_protection.bot_detection";
}

impl Document for Captcha {
    const KIND: &'static str = "attack_protection.captcha";
}

impl Default for BreachedPasswords {
    fn default() -> Self {
        Self {
            enabled: false,
            shields: Vec::new(),
            admin_notification_frequency: Vec::new(),
            method: "standard".into(),
            stage: BreachStages::default(),
        }
    }
}

impl Default for Captcha {
    fn default() -> Self {
        let simple = ("simple_captcha".to_owned(), Value::Object(Map::new()));
        Self {
            active_provider_id: Some("auth_challenge".into()),
            providers: Map::from_iter([simple]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_defaults_are_those_of_auth0() {
        let breached = serde_json::to_value(BreachedPasswords::default()).unwrap();
        let expected = json!({
            "enabled": false, "shields": [], "admin_notification_frequency": [],
            "method": "standard",
            "stage": {
                "pre-user-registration": {"shields": []}, "pre-change-password": {"shields": []},
            },
        });
        assert_eq!(breached, expected);
        let bots = serde_json::to_value(BotDetection::default()).unwrap();
        let expected = json!({
            "bot_detection_level": "medium", "challenge_password_policy": "never",
            "challenge_passwordless_policy": "never", "challenge_password_reset_policy": "never",
            "allowlist": [], "monitoring_mode_enabled": false,
        });
        assert_eq!(bots, expected);
        let captcha = serde_json::to_value(Captcha::default()).unwrap();
        let expected = json!({"active_provider_id": "auth_challenge", "simple_captcha": {}});
        assert_eq!(captcha, expected);
    }
}
