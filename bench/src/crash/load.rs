//! The load: sign-ups, log-ins, codes and refresh tokens, each written down as it is acknowledged.

use std::collections::BTreeMap;

use anyhow::Context;

use crate::flow::{Ask, Browser};
use crate::http;
use crate::server::{APIS, PASSWORD, SPA_ES256, Server};

/// What every worker asks for: the cheap signature, so that more happens between two kills.
pub(super) const ASK: Ask = Ask {
    client_id: SPA_ES256,
    audience: Some(APIS[1].1),
    offline: true,
};

/// How many of each kind are remembered from one round to the end.
const KEPT: usize = 6;

/// What a server acknowledged before it was killed.
#[derive(Default)]
pub(super) struct Notes {
    /// Addresses of people who signed up.
    pub(super) people: Vec<String>,
    /// Cookies of browsers that logged in.
    pub(super) sessions: Vec<BTreeMap<String, String>>,
    /// Codes that nobody redeemed.
    pub(super) codes: Vec<String>,
    /// Refresh tokens that nobody spent.
    pub(super) tokens: Vec<String>,
    /// Codes that were redeemed.
    pub(super) spent_codes: Vec<String>,
    /// Refresh tokens that have a successor.
    pub(super) spent_tokens: Vec<String>,
}

/// One connection and what it does until the server dies.
pub(super) struct Worker {
    browser: Browser,
    /// Distinguishes names of people from those of other workers and rounds.
    name: String,
    round: usize,
    number: usize,
    notes: Notes,
}

impl Notes {
    /// Adds what another worker saw.
    pub(super) fn add(&mut self, other: Self) {
        self.people.extend(other.people);
        self.sessions.extend(other.sessions);
        self.codes.extend(other.codes);
        self.tokens.extend(other.tokens);
        self.spent_codes.extend(other.spent_codes);
        self.spent_tokens.extend(other.spent_tokens);
    }

    /// Keeps a few of each kind that still count after a check: people and sessions are there, and
    /// what was spent stays so.
    pub(super) fn keep_some(&mut self, other: Self) {
        self.people.extend(other.people.into_iter().take(KEPT));
        self.sessions.extend(other.sessions.into_iter().take(KEPT));
        let spent = other.spent_codes.into_iter().chain(other.codes);
        self.spent_codes.extend(spent.take(KEPT));
        let spent = other.spent_tokens.into_iter().chain(other.tokens);
        self.spent_tokens.extend(spent.take(KEPT));
    }
}

impl Worker {
    /// Connects, and logs in where that comes first.
    pub(super) async fn start(
        server: &Server,
        round: usize,
        number: usize,
    ) -> anyhow::Result<Self> {
        let mut browser = Browser::open(server).await?;
        let mut notes = Notes::default();
        if number.is_multiple_of(3) {
            browser.log_in(ASK, number).await?;
            notes.sessions.push(browser.cookies());
        }
        Ok(Self {
            browser,
            name: format!("{round}-{number}"),
            round,
            number,
            notes,
        })
    }

    /// Works until a request fails; gives what was acknowledged and why it ended.
    pub(super) async fn run(mut self) -> (Notes, anyhow::Error) {
        let end = match self.number % 3 {
            0 => self.spend().await,
            1 => self.sign_up().await,
            _ => self.log_in().await,
        };
        let end = end.expect_err("invariant: a worker ends by a failure");
        (self.notes, end)
    }

    /// Codes and refresh tokens. What is in hand when the server dies is in no list.
    async fn spend(&mut self) -> anyhow::Result<()> {
        for turn in 0_usize.. {
            let code = self.browser.code(ASK).await?;
            if turn % 4 == 3 {
                self.notes.codes.push(code);
                continue;
            }
            let answer = self.browser.redeem(ASK, &code).await?;
            self.notes.spent_codes.push(code);
            let mut token = answer.json("refresh_token")?;
            self.notes.tokens.push(token.clone());
            for _ in 0..turn % 4 {
                self.notes.tokens.pop();
                let next = self.browser.refresh(ASK, &token).await?;
                self.notes.spent_tokens.push(token);
                token = next;
                self.notes.tokens.push(token.clone());
            }
        }
        Ok(())
    }

    async fn sign_up(&mut self) -> anyhow::Result<()> {
        for turn in 0_usize.. {
            let email = format!("{}-{turn}@crash.example", self.name);
            let fields = [
                ("client_id", ASK.client_id),
                ("connection", "Username-Password-Authentication"),
                ("email", &email),
                ("password", PASSWORD),
            ];
            // Another address for each: the limit on sign-ups is not what is tried here.
            let network = self.number * 20 + turn / 250;
            let address = format!("10.{}.{network}.{}", self.round % 250, turn % 250);
            let headers = [("x-forwarded-for", address.as_str())];
            let target = "/dbconnections/signup";
            let request = http::post(self.browser.host(), target, &headers, &fields);
            self.browser.send(&request).await?.expect(200)?;
            self.notes.people.push(email);
        }
        Ok(())
    }

    async fn log_in(&mut self) -> anyhow::Result<()> {
        loop {
            let mut browser = self.browser.stranger().await?;
            let code = browser.log_in(ASK, self.number).await.context("log-in")?;
            self.notes.sessions.push(browser.cookies());
            self.notes.codes.push(code);
        }
    }
}
