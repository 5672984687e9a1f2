//! What is found after a restart.

use std::fmt;

use super::load::{ASK, Notes};
use crate::flow::Browser;
use crate::http;
use crate::server::{PASSWORD, Server};

/// How much was looked at, and what was wrong.
#[derive(Default)]
pub(super) struct Found {
    kept: usize,
    spent: usize,
    lost: usize,
    returned: usize,
}

impl Found {
    /// Whether nothing was lost and nothing came back.
    pub(super) const fn is_good(&self) -> bool {
        self.lost == 0 && self.returned == 0 && self.kept > 0 && self.spent > 0
    }

    /// Looks at everything that one round left behind. What is alive comes first: looking at what
    /// is spent ends its family.
    pub(super) async fn check(&mut self, server: &Server, notes: &Notes) -> anyhow::Result<()> {
        let mut browser = Browser::open(server).await?;
        for token in &notes.tokens {
            let status = browser.try_refresh(ASK, token).await?.status;
            self.keeps("a refresh token", status == 200);
        }
        for code in &notes.codes {
            let status = browser.try_redeem(ASK, code).await?.status;
            self.keeps("a code", status == 200);
        }
        self.check_again(server, notes).await
    }

    /// Looks at what can be looked at more than once.
    pub(super) async fn check_again(
        &mut self,
        server: &Server,
        notes: &Notes,
    ) -> anyhow::Result<()> {
        let mut browser = Browser::open(server).await?;
        for email in &notes.people {
            let status = log_in(&mut browser, email).await?;
            self.keeps("a person", status == 200);
        }
        for cookies in &notes.sessions {
            browser = browser.with_cookies(cookies.clone());
            let code = browser.code(ASK).await;
            self.keeps("a session", code.is_ok());
        }
        for token in &notes.spent_tokens {
            let status = browser.try_refresh(ASK, token).await?.status;
            self.stays_spent("a refresh token", status == 400);
        }
        for code in &notes.spent_codes {
            let status = browser.try_redeem(ASK, code).await?.status;
            self.stays_spent("a code", status == 400);
        }
        Ok(())
    }

    fn keeps(&mut self, what: &str, is_there: bool) {
        self.kept += 1;
        if !is_there {
            self.lost += 1;
            println!("lost: {what} that was acknowledged");
        }
    }

    fn stays_spent(&mut self, what: &str, is_refused: bool) {
        self.spent += 1;
        if !is_refused {
            self.returned += 1;
            println!("came back: {what} that was spent");
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kept,
            spent,
            lost,
            returned,
        } = self;
        write!(
            f,
            "{kept} acknowledged writes, {lost} lost; {spent} spent codes and tokens, {returned} \
             came back"
        )
    }
}

/// Logs in with the password grant; gives the status.
async fn log_in(browser: &mut Browser, email: &str) -> anyhow::Result<u16> {
    let grant = "http://auth0.com/oauth/grant-type/password-realm";
    let fields = [
        ("grant_type", grant),
        ("client_id", ASK.client_id),
        ("realm", "Username-Password-Authentication"),
        ("username", email),
        ("password", PASSWORD),
    ];
    let request = http::post(browser.host(), "/oauth/token", &[], &fields);
    Ok(browser.send(&request).await?.status)
}
