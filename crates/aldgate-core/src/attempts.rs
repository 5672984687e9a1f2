//! Limits on guessing passwords: what is counted, and when the next attempt may be evaluated
//! (ACC-03).
//!
//! Every attempt is counted as a failure *before* the password is looked at, by one statement per
//! subject, and taken back when it was right. So attempts that run at the same time, on any node,
//! cannot get more evaluations than the rule allows.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Map, Value};

use crate::id::{ConnectionId, UserId};
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};
use crate::user::login_key;

/// The account that attempts are counted for. All names of a user and all ways to log in share one
/// count; a name that nobody has is counted alike, so that the answers do not differ (ACC-04).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// A user.
    Known(UserId),
    /// A name that nobody has at this connection. Only a hash of it is kept: people type passwords
    /// into the wrong field (LOG-01).
    Unknown(ConnectionId, TokenHash),
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Failures for one account from one address.
    AccountAndAddress(Account, Address),
    /// Failures for one account from anywhere.
    Account(Account),
    /// Failures from one address for any account.
    Address(Address),
    /// Mails that somebody asked to be sent to one account.
    Mail(Account),
    /// Accounts opened from one address.
    SignUp(Address),
}

/// A client's address as it is counted: an IPv4 address, or the /64 network of an IPv6 address,
/// because one customer has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(IpAddr);

/// A rule for one kind of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// So many attempts are evaluated without delay.
    pub max: u32,
    /// The count is forgotten so long after the last attempt that was evaluated.
    pub memory: Seconds,
    /// What happens from the `max`-th attempt on.
    pub penalty: Penalty,
}

/// What happens when a rule's `max` is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Penalty {
    /// No attempt is evaluated for so long.
    Block(Seconds),
    /// One attempt at a time, each after twice the delay of the one before.
    Delay {
        /// The first delay.
        first: Seconds,
        /// The longest delay.
        longest: Seconds,
    },
}

/// The rules of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Per account and address; `None` where the connection switched it off.
    pub account_and_address: Option<Rule>,
    /// Per account, from anywhere.
    pub account: Rule,
    /// Per address, for any account.
    pub address: Rule,
    /// Mails to one account that anybody can ask for.
    pub mails: Rule,
    /// Sign-ups from one address.
    pub sign_ups: Rule,
}

/// What the store counted for a subject, this attempt included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The attempt is the `n`-th failure in a row, unless it proves right.
    Attempt(u32),
    /// The subject is blocked until then; the attempt was not counted.
    Blocked(Timestamp),
}

impl Default for Limits {
    /// Auth0's defaults where it has them (10 per account and address, 100 per address and day),
    /// 50 sign-ups per address and day), 5 mails per account and hour,
    /// and a growing delay from the 50th failure on for an account that is attacked from many
    /// addresses: never more than 100 evaluations without one (NIST SP 800-63B).
    fn default() -> Self {
        let month = Seconds::days(30);
        Self {
            account_and_address: Some(Rule {
                max: 10,
                memory: month,
                penalty: Penalty::Block(month),
            }),
            account: Rule {
                max: 50,
                memory: Seconds::days(1),
                penalty: Penalty::Delay {
                    first: Seconds(1),
                    longest: Seconds::minutes(15),
                },
            },
            address: Rule {
                max: 100,
                memory: Seconds::days(1),
                penalty: Penalty::Delay {
                    first: Seconds::minutes(1),
                    longest: Seconds::minutes(15),
                },
            },
            mails: Rule {
                max: 5,
                memory: Seconds::hours(1),
                penalty: Penalty::Block(Seconds::hours(1)),
            },
            sign_ups: Rule {
                max: 50,
                memory: Seconds::days(1),
                penalty: Penalty::Delay {
                    first: Seconds::minutes(1),
                    longest: Seconds::minutes(15),
                },
            },
        }
    }
}

impl Limits {
    /// The rules for a connection with these options (Auth0: `brute_force_protection`).
    #[must_use]
    pub fn of(options: &Map<String, Value>) -> Self {
        let mut limits = Self::default();
        let switch = options.get("brute_force_protection");
        if switch.and_then(Value::as_bool) == Some(false) {
            limits.account_and_address = None;
        }
        limits
    }
}

impl Rule {
    /// Until when the `n`-th failure in a row keeps the next attempt from being evaluated.
    #[must_use]
    pub fn blocked_until(&self, n: u32, now: Timestamp) -> Option<Timestamp> {
        let beyond = n.checked_sub(self.max)?;
        let wait = match self.penalty {
            Penalty::Block(span) => span,
            Penalty::Delay { first, longest } => {
                let doubled = first.0.saturating_mul(1 << beyond.min(32));
                Seconds(doubled.min(longest.0))
            }
        };
        Some(now + wait)
    }
}

impl Account {
    /// The account of somebody who typed `name` at `connection`, `user` if there is one.
    #[must_use]
    pub fn of(user: Option<&UserId>, connection: &ConnectionId, name: &str) -> Self {
        user.map_or_else(
            || Self::Unknown(connection.clone(), TokenHash::of(&login_key(name))),
            |user| Self::Known(user.clone()),
        )
    }
}

impl Subject {
    /// What begins the key of everything counted for `account` together with an address.
    #[must_use]
    pub fn account_prefix(account: &Account) -> String {
        format!("login {account} ")
    }
}

impl Address {
    /// The counted form of a client's address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(v6) => {
                let mut segments = v6.segments();
                segments[4..].fill(0);
                IpAddr::V6(Ipv6Addr::from(segments))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(user) => write!(f, "{user}"),
            Self::Unknown(connection, name) => {
                write!(f, "? {connection} ")?;
                name.as_bytes()[..16]
                    .iter()
                    .try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// The key in the database.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountAndAddress(account, address) => {
                write!(f, "{}{}", Self::account_prefix(account), address.0)
            }
            Self::Account(account) => write!(f, "account {account}"),
            Self::Address(address) => write!(f, "address {}", address.0),
            Self::Mail(account) => write!(f, "mail {account}"),
            Self::SignUp(address) => write!(f, "sign-up {}", address.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    #[test]
    fn acc_03_the_tenth_failure_from_an_address_blocks_it() {
        let rule = Limits::default().account_and_address.unwrap();
        assert_eq!(rule.blocked_until(9, NOW), None);
        for n in [10, 11, u32::MAX] {
            assert_eq!(rule.blocked_until(n, NOW), Some(NOW + Seconds::days(30)));
        }
    }

    #[test]
    fn acc_03_the_delay_of_an_account_grows_to_a_limit() {
        let rule = Limits::default().account;
        let waits = [49, 50, 51, 54, 60, 90, u32::MAX].map(|n| rule.blocked_until(n, NOW));
        let expected = [
            None,
            Some(1),
            Some(2),
            Some(16),
            Some(900),
            Some(900),
            Some(900),
        ];
        assert_eq!(
            waits,
            expected.map(|wait| wait.map(|wait| NOW + Seconds(wait)))
        );
    }

    #[test]
    fn acc_03_a_connection_can_switch_off_only_the_block() {
        let options = serde_json::json!({"brute_force_protection": false});
        let limits = Limits::of(options.as_object().unwrap());
        assert_eq!(limits.account_and_address, None);
        assert_eq!(limits.account, Limits::default().account);
        assert_eq!(Limits::of(&Map::new()), Limits::default());
    }

    #[test]
    fn acc_03_aliases_of_a_name_and_of_an_address_share_a_count() {
        let connection = ConnectionId::parse("con_1").unwrap();
        let unknown = |name| Account::of(None, &connection, name).to_string();
        assert_eq!(unknown(" Ann@Example.com"), unknown("ann@example.com"));
        assert_ne!(unknown("ann@example.com"), unknown("bob@example.com"));
        assert!(!unknown("hunter2").contains("hunter2"));
        let address = |ip: &str| Address::of(ip.parse().unwrap());
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
    }

    #[test]
    fn subjects_have_keys_of_their_own() {
        let user = UserId::parse("auth0|1").unwrap();
        let connection = ConnectionId::parse("con_1").unwrap();
        let account = Account::of(Some(&user), &connection, "x");
        let address = Address::of("192.0.2.1".parse().unwrap());
        let keys = [
            Subject::AccountAndAddress(account.clone(), address),
            Subject::Account(account),
            Subject::Address(address),
        ]
        .map(|subject| subject.to_string());
        let expected = [
            "login auth0|1 192.0.2.1",
            "account auth0|1",
            "address 192.0.2.1",
        ];
        assert_eq!(keys, expected);
    }
}
