//! Attack-protection settings in Auth0's names and with its defaults (Auth0: Management API,
//! `/api/v2/attack-protection/…`).
//!
//! The log-in path acts on [`BruteForce`] and [`SuspiciousIp`]; see [`crate::attempts::Limits`].

mod others;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::network::Cidr;
use crate::settings::Document;

pub use others::{
    BotDetection, BotDetectionLevel, BreachStage, BreachStages, BreachedPasswords, Captcha,
    ChallengePolicy,
};

/// The most networks in an allow-list (Auth0: 100).
pub const ALLOWLIST_MAX: usize = 100;

/// The settings that the log-in path needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttackProtection {
    /// Guessing the password of one account.
    pub brute_force: BruteForce,
    /// Many attempts from one address.
    pub suspicious_ip: SuspiciousIp,
}

/// Brute-force protection: failures for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BruteForce {
    /// Whether it acts at all.
    pub enabled: bool,
    /// What happens at `max_attempts`.
    pub shields: Vec<BruteForceShield>,
    /// Networks that are exempt.
    pub allowlist: Vec<Cidr>,
    /// Whether addresses are counted apart.
    pub mode: BruteForceMode,
    /// Failures in a row that are evaluated.
    pub max_attempts: u32,
}

/// What brute-force protection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BruteForceShield {
    /// Refuses further attempts.
    Block,
    /// Mails the user, with a way out.
    UserNotification,
}

/// What brute-force protection counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BruteForceMode {
    /// Failures for an account from one address.
    CountPerIdentifierAndIp,
    /// Failures for an account, wherever they come from.
    CountPerIdentifier,
}

/// Suspicious-IP throttling: attempts from one address, for whatever account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuspiciousIp {
    /// Whether it acts at all.
    pub enabled: bool,
    /// What happens when an address used up its attempts.
    pub shields: Vec<SuspiciousIpShield>,
    /// Networks that are exempt.
    pub allowlist: Vec<Cidr>,
    /// How many attempts there are, for each kind.
    pub stage: Stages,
}

/// What suspicious-IP throttling does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspiciousIpShield {
    /// Tells the administrators: an event of the tenant log.
    AdminNotification,
    /// Refuses further attempts.
    Block,
}

/// The kinds of attempts that are throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Stages {
    /// Failed log-ins.
    pub pre_login: Throttle,
    /// Sign-ups.
    pub pre_user_registration: Throttle,
    /// Failed custom token exchanges.
    pub pre_custom_token_exchange: Throttle,
}

/// How many attempts an address has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// So many at once.
    pub max_attempts: u32,
    /// One more after each so many milliseconds.
    pub rate: u64,
}

impl Document for BruteForce {
    const KIND: &'static str = "attack_protection.brute_force";
}

impl Document for SuspiciousIp {
    const KIND: &'static str = "attack_protection.suspicious_ip";
}

impl Default for BruteForce {
    fn default() -> Self {
        Self {
            enabled: true,
            shields: vec![BruteForceShield::Block, BruteForceShield::UserNotification],
            allowlist: Vec::new(),
            mode: BruteForceMode::CountPerIdentifierAndIp,
            max_attempts: 10,
        }
    }
}

impl Default for SuspiciousIp {
    fn default() -> Self {
        Self {
            enabled: true,
            shields: vec![
                SuspiciousIpShield::AdminNotification,
                SuspiciousIpShield::Block,
            ],
            allowlist: Vec::new(),
            stage: Stages::default(),
        }
    }
}

impl Default for Stages {
    fn default() -> Self {
        let throttle = |max_attempts, rate| Throttle { max_attempts, rate };
        Self {
            pre_login: throttle(100, 864_000),
            pre_user_registration: throttle(50, 1_200),
            pre_custom_token_exchange: throttle(10, 600_000),
        }
    }
}

impl BruteForce {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn check(&self) -> Result<(), Refusal> {
        within("max_attempts", u64::from(self.max_attempts), 1, 100)?;
        short_enough(&self.allowlist)
    }

    /// Whether an address is exempt.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        contains(&self.allowlist, address)
    }

    /// Whether a shield is up.
    #[must_use]
    pub fn has(&self, shield: BruteForceShield) -> bool {
        self.shields.contains(&shield)
    }
}

impl SuspiciousIp {
    /// Checks what types cannot say.
    ///
    /// # Errors
    /// Names the member at fault.
    pub fn check(&self) -> Result<(), Refusal> {
        let stages = [
            ("stage.pre-login", self.stage.pre_login),
            (
                "stage.pre-user-registration",
                self.stage.pre_user_registration,
            ),
            (
                "stage.pre-custom-token-exchange",
                self.stage.pre_custom_token_exchange,
            ),
        ];
        for (name, throttle) in stages {
            let member = |member: &str| format!("{name}.{member}");
            within(
                &member("max_attempts"),
                u64::from(throttle.max_attempts),
                1,
                100_000,
            )?;
            within(&member("rate"), throttle.rate, 1, 86_400_000)?;
        }
        short_enough(&self.allowlist)
    }

    /// Whether an address is exempt.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        contains(&self.allowlist, address)
    }

    /// Whether a shield is up.
    #[must_use]
    pub fn has(&self, shield: SuspiciousIpShield) -> bool {
        self.shields.contains(&shield)
    }
}

fn contains(networks: &[Cidr], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

fn within(member: &str, value: u64, least: u64, most: u64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let refusal = Refusal::new("invalid_body", format!("{member} is out of range"))
        .expected(format!("a whole number from {least} to {most}"))
        .actual(&value.to_string());
    Err(refusal.remedy("Choose a number in that range; nothing was changed."))
}

fn short_enough(allowlist: &[Cidr]) -> Result<(), Refusal> {
    if allowlist.len() <= ALLOWLIST_MAX {
        return Ok(());
    }
    let refusal = Refusal::new("invalid_body", "allowlist has too many entries")
        .expected(format!("at most {ALLOWLIST_MAX}"))
        .actual(&allowlist.len().to_string());
    Err(refusal.remedy("Join networks into larger ones; nothing was changed."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn acc_03_the_defaults_are_those_of_auth0() {
        let brute_force = json!({
            "enabled": true, "shields": ["block", "user_notification"],
            "mode": "count_per_identifier_and_ip", "allowlist": [], "max_attempts": 10,
        });
        let suspicious_ip = json!({
            "enabled": true, "shields": ["admin_notification", "block"], "allowlist": [],
            "stage": {
                "pre-login": {"max_attempts": 100, "rate": 864_000},
                "pre-user-registration": {"max_attempts": 50, "rate": 1_200},
                "pre-custom-token-exchange": {"max_attempts": 10, "rate": 600_000},
            },
        });
        let written = serde_json::to_value(BruteForce::default()).unwrap();
        assert_eq!(written, brute_force);
        let written = serde_json::to_value(SuspiciousIp::default()).unwrap();
        assert_eq!(written, suspicious_ip);
    }

    #[test]
    fn a_part_of_a_document_is_completed_by_the_defaults() {
        let read: BruteForce =
            serde_json::from_value(json!({"max_attempts": 3, "allowlist": ["10.0.0.0/8"]}))
                .unwrap();
        assert!(read.enabled && read.allows("10.1.2.3".parse().unwrap()));
        assert!(!read.allows("192.0.2.1".parse().unwrap()));
        assert_eq!(read.check(), Ok(()));
        let nonsense = serde_json::from_value::<BruteForce>(json!({"allowlist": ["10.0.0.0/99"]}));
        assert!(nonsense.unwrap_err().to_string().contains("prefix"));
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for max_attempts in [0, 101] {
            let document = BruteForce {
                max_attempts,
                ..BruteForce::default()
            };
            let refusal = document.check().unwrap_err();
            assert!(refusal.cause.starts_with("max_attempts"), "{refusal:?}");
        }
        let mut document = SuspiciousIp::default();
        assert_eq!(document.check(), Ok(()));
        document.stage.pre_login.rate = 0;
        let refusal = document.check().unwrap_err();
        assert!(refusal.cause.starts_with("stage.pre-login.rate"));
        document = SuspiciousIp::default();
        document.allowlist = vec!["10.0.0.0/8".parse().unwrap(); 101];
        assert!(document.check().is_err());
    }
}
