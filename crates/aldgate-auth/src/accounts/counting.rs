//! Counting an attempt to log in before it is evaluated (ACC-03): the same for passwords and codes,
//! so that all ways in share one count.

use std::net::IpAddr;

use aldgate_core::attempts::{Account, Address, Counted, Limits, Subject};
use aldgate_core::event::EventType;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

/// What the counting of one attempt needs.
#[derive(Clone)]
pub(crate) struct Counting {
    limits: Limits,
    address: Address,
    ip: String,
    now: Timestamp,
}

/// Whether an attempt may be evaluated.
pub(crate) enum Verdict {
    /// It may; so many failures in a row, this one included.
    Evaluate { failures: u32, alarm: Alarm },
    /// It may not.
    Refuse { until: Timestamp, kind: EventType },
}

/// What is told, should the attempt fail.
#[derive(Clone, Copy, Default)]
pub(crate) struct Alarm {
    /// The log: the account failed too often.
    pub(crate) account: bool,
    /// The log: the address failed too often.
    pub(crate) address: bool,
    /// The user, by mail.
    pub(crate) mail: bool,
    /// The account is blocked now.
    pub(crate) blocks: bool,
}

impl Counting {
    /// Counting by `limits` of an attempt from `address`.
    pub(crate) fn new(limits: Limits, address: IpAddr, now: Timestamp) -> Self {
        Self {
            limits,
            address: Address::of(address),
            ip: address.to_string(),
            now,
        }
    }

    /// Counts for the account and address, the account, and the address. Where one is blocked, the
    /// others get their count back.
    pub(crate) fn count(
        &self,
        tx: &mut Tx<'_>,
        account: &Account,
        user: Option<&User>,
    ) -> Result<Verdict, StoreError> {
        let pair = Subject::AccountAndAddress(account.clone(), self.address);
        // Whoever attacks an account from many addresses must not lock her out where she was
        // let in last (ACC-12).
        let is_trusted = user.is_some_and(|user| user.last_ip.as_deref() == Some(&self.ip));
        let account = Subject::Account(account.clone());
        let limits = &self.limits;
        let rules = [
            (pair, limits.account_and_address),
            (account, limits.account.filter(|_| !is_trusted)),
            (Subject::Address(self.address), limits.address),
        ];
        let (mut most, mut alarm) = (0, Alarm::default());
        for (index, (subject, rule)) in rules.iter().enumerate() {
            let Some(rule) = rule else { continue };
            let is_address = matches!(subject, Subject::Address(_));
            match tx.attempts().count(subject, rule, self.now)? {
                Counted::Attempt(n) if is_address => alarm.address = rule.tells_of(n),
                Counted::Attempt(n) => {
                    most = n.max(most);
                    alarm.account |= rule.tells_of(n);
                    alarm.blocks |= rule.tells_of(n) && rule.blocked_until(n, self.now).is_some();
                }
                Counted::Blocked(until) => {
                    for (subject, _) in &rules[..index] {
                        tx.attempts().take_back(subject)?;
                    }
                    let kind = match is_address {
                        true => EventType::BlockedAddress,
                        false => EventType::BlockedAccount,
                    };
                    return Ok(Verdict::Refuse { until, kind });
                }
            }
        }
        alarm.mail = limits.tells_user;
        Ok(Verdict::Evaluate {
            failures: most,
            alarm,
        })
    }

    /// Takes the counts of an attempt back that was right: the account's are forgotten.
    pub(crate) fn forgive(&self, tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
        let pair = Subject::AccountAndAddress(account.clone(), self.address);
        tx.attempts().forget(&pair)?;
        tx.attempts().forget(&Subject::Account(account.clone()))?;
        tx.attempts().take_back(&Subject::Address(self.address))
    }
}
