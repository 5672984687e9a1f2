//! Limits on guessing passwords: what is counted, and when the next attempt may be evaluated
//! (ACC-03).
//!
//! Every attempt is counted as a failure *before* the password is looked at, by one statement per
//! subject, and taken back when it was right. So attempts that run at the same time, on any node,
//! cannot get more evaluations than the rule allows.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Map, Value};

use crate::attack_protection::{
    AttackProtection, BruteForce, BruteForceMode, BruteForceShield, SuspiciousIp,
    SuspiciousIpShield, Throttle,
};
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
    /// Passwordless codes that somebody asked to be sent to one account.
    Code(Account),
    /// Passwordless codes that were asked for from one address.
    Codes(Address),
}

/// A client's address as it is counted: an IPv4 address, or the /64 network of an IPv6 address,
/// because one customer has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// It is only told of, once.
    Notice,
}

/// The rules for an attempt at a connection from an address. `None`: nothing is counted, because
/// an administrator switched it off or exempted the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures for one account from one address.
    pub account_and_address: Option<Rule>,
    /// Failures for one account, from anywhere.
    pub account: Option<Rule>,
    /// Failures from one address, for any account.
    pub address: Option<Rule>,
    /// Sign-ups from one address.
    pub sign_ups: Option<Rule>,
    /// Whether the user is mailed when her account is blocked.
    pub tells_user: bool,
}

/// Mails to one account that anybody can ask for: 5 within an hour (ACC-14).
pub const MAILS: Rule = Rule {
    max: 5,
    memory: Seconds::hours(1),
    penalty: Penalty::Block(Seconds::hours(1)),
};

/// Codes to one account until one of them is used: 10 within an hour (ACC-14).
pub const CODES: Rule = Rule {
    max: 10,
    memory: Seconds::hours(1),
    penalty: Penalty::Block(Seconds::hours(1)),
};

/// Codes asked for from one address: 50 at once, then one a minute (Auth0: 50 an hour).
pub const CODES_FROM_ADDRESS: Rule = Rule {
    max: 50,
    memory: Seconds::hours(1),
    penalty: Penalty::Delay {
        first: Seconds::minutes(1),
        longest: Seconds::minutes(1),
    },
};

/// A growing delay from the 50th failure on for an account that is attacked from many addresses:
/// never more than 100 evaluations without one (NIST SP 800-63B).
const ANYWHERE: Rule = Rule {
    max: 50,
    memory: Seconds::days(1),
    penalty: Penalty::Delay {
        first: Seconds(1),
        longest: Seconds::minutes(15),
    },
};

/// What the store counted for a subject, this attempt included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The attempt is the `n`-th failure in a row, unless it proves right.
    Attempt(u32),
    /// The subject is blocked until then; the attempt was not counted.
    Blocked(Timestamp),
}

impl Limits {
    /// The rules for an attempt from `address` at a connection with `options` (Auth0:
    /// `brute_force_protection` is the connection's own switch).
    #[must_use]
    pub fn new(
        options: &Map<String, Value>,
        protection: &AttackProtection,
        address: IpAddr,
    ) -> Self {
        let AttackProtection {
            brute_force,
            suspicious_ip,
        } = protection;
        let switch = options.get("brute_force_protection");
        let is_off = switch.and_then(Value::as_bool) == Some(false);
        let is_on = brute_force.enabled && !is_off && !brute_force.allows(address);
        let blocks = brute_force.has(BruteForceShield::Block);
        let per_account = brute_force.mode == BruteForceMode::CountPerIdentifier;
        let rule = failures_in_a_row(brute_force);
        let throttles = suspicious_ip.enabled && !suspicious_ip.allows(address);
        let throttle = |throttle| throttles.then(|| throttled(suspicious_ip, throttle));
        Self {
            account_and_address: is_on.then_some(rule),
            account: match (is_on && blocks && per_account, brute_force.allows(address)) {
                (true, _) => Some(rule),
                (false, false) => Some(ANYWHERE),
                (false, true) => None,
            },
            address: throttle(suspicious_ip.stage.pre_login),
            sign_ups: throttle(suspicious_ip.stage.pre_user_registration),
            tells_user: brute_force.has(BruteForceShield::UserNotification),
        }
    }
}

/// `max_attempts` failures in a row, then nothing for a month.
fn failures_in_a_row(settings: &BruteForce) -> Rule {
    let month = Seconds::days(30);
    let blocks = settings.has(BruteForceShield::Block);
    Rule {
        max: settings.max_attempts,
        memory: month,
        penalty: match blocks {
            true => Penalty::Block(month),
            false => Penalty::Notice,
        },
    }
}

/// `max_attempts` at once, then one after each `rate`, rounded up to seconds; all of them again
/// after as long as it takes to earn them one by one.
fn throttled(settings: &SuspiciousIp, throttle: Throttle) -> Rule {
    let delay = Seconds(throttle.rate.div_ceil(1_000));
    let all = throttle.rate.saturating_mul(throttle.max_attempts.into());
    Rule {
        max: throttle.max_attempts,
        memory: Seconds(all.div_ceil(1_000)),
        penalty: match settings.has(SuspiciousIpShield::Block) {
            true => Penalty::Delay {
                first: delay,
                longest: delay,
            },
            false => Penalty::Notice,
        },
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
            Penalty::Notice => return None,
        };
        Some(now + wait)
    }

    /// Whether the `n`-th failure in a row is one to tell of: it blocks, or would if that was not
    /// switched off.
    #[must_use]
    pub const fn tells_of(&self, n: u32) -> bool {
        match self.penalty {
            Penalty::Block(_) => n >= self.max,
            Penalty::Delay { .. } => false,
            Penalty::Notice => n == self.max,
        }
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
            Self::Code(account) => write!(f, "code {account}"),
            Self::Codes(address) => write!(f, "codes {}", address.0),
        }
    }
}

/// A subject as its key tells it, for lists of what is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Which kind of attempts is held up.
    pub kind: BlockedKind,
    /// Whose account, if it is about one and somebody has it.
    pub user: Option<String>,
    /// From which address (IPv6: the first of its network), if that counts.
    pub address: Option<String>,
}

/// What is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockedKind {
    /// Logins to one account from one address.
    AccountAndAddress,
    /// Logins to one account from anywhere.
    Account,
    /// Logins from one address.
    Address,
    /// Sign-ups from one address.
    SignUp,
    /// Passwordless codes asked for from one address.
    Codes,
}

impl BlockedKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountAndAddress => "user_and_ip",
            Self::Account => "user",
            Self::Address => "ip",
            Self::SignUp => "signup",
            Self::Codes => "passwordless_codes",
        }
    }
}

impl Blocked {
    /// Reads the key of a subject, as [`Subject`] writes it. `None`: it is counted for another
    /// reason than to block somebody (mails to an account).
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let (word, rest) = key.split_once(' ')?;
        let known = |account: &str| (!account.starts_with('?')).then(|| account.to_owned());
        let (kind, user, address) = match word {
            "login" => {
                let (account, address) = rest.rsplit_once(' ')?;
                let address = Some(address.to_owned());
                (BlockedKind::AccountAndAddress, known(account), address)
            }
            "account" => (BlockedKind::Account, known(rest), None),
            "address" => (BlockedKind::Address, None, Some(rest.to_owned())),
            "sign-up" => (BlockedKind::SignUp, None, Some(rest.to_owned())),
            "codes" => (BlockedKind::Codes, None, Some(rest.to_owned())),
            _ => return None,
        };
        Some(Self {
            kind,
            user,
            address,
        })
    }
}

#[cfg(test)]
mod tests;
