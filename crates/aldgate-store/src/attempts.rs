//! Failures counted against guessing (ACC-03): durable and shared by all nodes.

use aldgate_core::attempts::{Account, Counted, Rule, Subject};
use aldgate_core::time::Timestamp;

use crate::error::StoreError;
use crate::page::Page;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::params;

/// The counted attempts of a tenant.
pub struct Attempts<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

impl<'c> Tx<'c> {
    /// Failures counted against guessing.
    pub const fn attempts(&mut self) -> Attempts<'_, 'c> {
        Attempts { tx: self }
    }
}

impl Attempts<'_, '_> {
    /// Counts an attempt before it is evaluated, unless the subject is blocked. One statement
    /// decides, so attempts at the same time get different numbers.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn count(
        &mut self,
        subject: &Subject,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let key = subject.to_string();
        let counted = self
            .tx
            .one(&COUNT, params![key, now, now + rule.memory], |row| {
                row.int(0)
            })?;
        let Some(failures) = counted else {
            let until = self.tx.one(&BLOCKED_UNTIL, params![key], |row| row.at(0))?;
            return Ok(Counted::Blocked(until.unwrap_or(now)));
        };
        let failures = u32::try_from(failures).unwrap_or(u32::MAX);
        if let Some(until) = rule.blocked_until(failures, now) {
            self.tx.execute(&BLOCK, params![key, until])?;
        }
        Ok(Counted::Attempt(failures))
    }

    /// Forgets the failures of a subject, because an attempt was right.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn forget(&mut self, subject: &Subject) -> Result<(), StoreError> {
        let key = subject.to_string();
        self.tx.execute(&FORGET, params![key]).map(drop)
    }

    /// Takes one counted attempt back, because it was right: an address keeps the count of its
    /// other attempts.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn take_back(&mut self, subject: &Subject) -> Result<(), StoreError> {
        let key = subject.to_string();
        self.tx.execute(&TAKE_BACK, params![key]).map(drop)
    }

    /// Until when a subject is blocked, if it is at `now`.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn blocked_until(
        &mut self,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let key = subject.to_string();
        let until = self.tx.one(&BLOCKED_UNTIL, params![key], |row| row.at(0))?;
        Ok(until.filter(|until| *until > now))
    }

    /// Forgets everything counted for an account, from whatever address: the way out of a block by
    /// a new password, a mailed link or an administrator.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn unblock(&mut self, account: &Account) -> Result<(), StoreError> {
        self.forget(&Subject::Account(account.clone()))?;
        let (first, end) = range(account);
        self.tx
            .execute(&FORGET_RANGE, params![first, end])
            .map(drop)
    }

    /// The addresses from which an account is blocked at `now`, at most 100.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn blocked_addresses(
        &mut self,
        account: &Account,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let (first, end) = range(account);
        let length = first.len();
        self.tx
            .all(&BLOCKED_RANGE, params![first, end, now], move |row| {
                Ok(row.text(0)?.get(length..).unwrap_or_default().to_owned())
            })
    }

    /// What is blocked at `now`: the keys of the subjects in their order, and until when. The
    /// page's key is the last one of the page before.
    ///
    /// # Errors
    /// As [`crate::Roles::by_id`].
    pub fn blocked(
        &mut self,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let params = params![page.after, now, page.limit, page.offset];
        self.tx.all(&BLOCKED, params, |row| {
            Ok((row.text(0)?.to_owned(), row.at(1)?))
        })
    }
}

/// The keys from the first to before the last of an account with any address: the prefix ends in a
/// space, and `!` is the character after it.
fn range(account: &Account) -> (String, String) {
    let first = Subject::account_prefix(account);
    let end = format!("{}!", first.trim_end());
    (first, end)
}

sql! {
    const COUNT = "INSERT INTO attempts
            (tenant_id, subject, failures, first_at, last_at, blocked_until_at, expires_at)
        VALUES (?1, ?2, 1, ?3, ?3, NULL, ?4)
        ON CONFLICT (tenant_id, subject) DO UPDATE
        SET failures = CASE
                WHEN attempts.expires_at <= ?3 OR attempts.failures >= 1000000 THEN 1
                ELSE attempts.failures + 1 END,
            first_at = CASE WHEN attempts.expires_at <= ?3 THEN ?3 ELSE attempts.first_at END,
            last_at = ?3, blocked_until_at = NULL, expires_at = ?4
        WHERE attempts.blocked_until_at IS NULL OR attempts.blocked_until_at <= ?3
        RETURNING failures";
    const BLOCKED_UNTIL = "SELECT blocked_until_at
        FROM attempts
        WHERE tenant_id = ?1 AND subject = ?2 AND blocked_until_at IS NOT NULL";
    const BLOCK = "UPDATE attempts SET blocked_until_at = ?3
        WHERE tenant_id = ?1 AND subject = ?2";
    const FORGET = "DELETE FROM attempts WHERE tenant_id = ?1 AND subject = ?2";
    const TAKE_BACK = "UPDATE attempts SET failures = failures - 1, blocked_until_at = NULL
        WHERE tenant_id = ?1 AND subject = ?2 AND failures > 0";
    const FORGET_RANGE = "DELETE FROM attempts
        WHERE tenant_id = ?1 AND subject >= ?2 AND subject < ?3";
    const BLOCKED_RANGE = "SELECT subject
        FROM attempts
        WHERE tenant_id = ?1 AND subject >= ?2 AND subject < ?3 AND blocked_until_at > ?4
        ORDER BY subject
        LIMIT 100";
    const BLOCKED = "SELECT subject, blocked_until_at
        FROM attempts
        WHERE tenant_id = ?1 AND subject > ?2 AND blocked_until_at > ?3
        ORDER BY subject
        LIMIT ?4 OFFSET ?5";
}
