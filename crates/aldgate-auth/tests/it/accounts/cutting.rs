//! ACC-07: what happens to an account cuts everything that it opened, at the next request.

use aldgate_core::application::GrantType;
use aldgate_store::Tx;
use aldgate_test::{Browser, PASSWORD, Reply};

use super::{FRESH, ask_for_reset, change_user, mailed_link};
use crate::stand::{Stand, params};

/// Of [`crate::stand::CHALLENGE`] (RFC 7636 appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ADA: &str = "ada@example.com";

/// What happens to the account.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Happening {
    Nothing,
    Reset,
    Block,
    Delete,
}

/// What a login gave.
struct Artefacts<'s> {
    stand: &'s Stand,
    browser: Browser<'s>,
    code: String,
    refresh_token: String,
    access_token: String,
}

impl<'s> Artefacts<'s> {
    async fn collect(stand: &'s Stand) -> Self {
        let mut browser = stand.server.browser();
        let url = stand.authorize(
            &stand.world.web,
            &[("scope", "openid email offline_access")],
        );
        browser.get(&url).await;
        let first = params(&stand.log_in(&mut browser, "ada").await);
        let tokens = redeem(stand, &first["code"]).await.json();
        let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let code = params(&browser.get(&url).await)["code"].clone();
        Self {
            stand,
            browser,
            code,
            refresh_token: text("refresh_token"),
            access_token: text("access_token"),
        }
    }

    /// Which of session, code, refresh token and access token still work.
    async fn alive(&mut self) -> [bool; 4] {
        let silent = self
            .stand
            .authorize(&self.stand.world.web, &[("prompt", "none")]);
        let session = params(&self.browser.get(&silent).await).contains_key("code");
        let userinfo = self.stand.server.url("userinfo");
        let bearer = format!("Bearer {}", self.access_token);
        let headers = [("authorization", bearer.as_str())];
        let access = self.stand.server.get(&userinfo, &headers).await;
        let code = redeem(self.stand, &self.code).await;
        let web = &self.stand.world.web;
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", web.id.as_str()),
            ("client_secret", web.secret.as_str()),
            ("refresh_token", self.refresh_token.as_str()),
        ];
        let url = self.stand.server.url("oauth/token");
        let refresh = self.stand.server.post_form(&url, &fields, &[]).await;
        let works = |reply: &Reply| reply.status.is_success();
        [session, works(&code), works(&refresh), works(&access)]
    }
}

async fn redeem(stand: &Stand, code: &str) -> Reply {
    let web = &stand.world.web;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", web.id.as_str()),
        ("client_secret", web.secret.as_str()),
        ("redirect_uri", web.callback.as_str()),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    let url = stand.server.url("oauth/token");
    stand.server.post_form(&url, &fields, &[]).await
}

async fn make_happen(stand: &Stand, happening: Happening) {
    match happening {
        Happening::Nothing => {}
        Happening::Reset => {
            assert_eq!(ask_for_reset(stand, ADA).await.status, 200);
            let link = mailed_link(stand, ADA, "/u/reset-verify?").await;
            let mut browser = stand.server.browser();
            browser.get(&link).await;
            let fields = [("password", FRESH), ("password_again", FRESH)];
            assert_eq!(browser.submit("/u/reset-verify", &fields).await.status, 200);
        }
        Happening::Block => change_user(stand, &stand.world.ada, |user| user.blocked = true).await,
        Happening::Delete => {
            let id = stand.world.ada.id.clone();
            let delete = move |tx: &mut Tx<'_>| tx.users().delete(&id);
            let deleted = stand
                .server
                .app
                .store
                .write(&stand.server.tenant.id, delete);
            assert!(deleted.await.expect("the store answers"));
        }
    }
}

#[tokio::test]
async fn acc_07_reset_block_and_delete_cut_session_code_and_tokens() {
    let all = [
        Happening::Nothing,
        Happening::Reset,
        Happening::Block,
        Happening::Delete,
    ];
    for happening in all {
        let stand = Stand::new().await;
        let mut artefacts = Artefacts::collect(&stand).await;
        make_happen(&stand, happening).await;
        let expected = [happening == Happening::Nothing; 4];
        assert_eq!(artefacts.alive().await, expected, "{happening:?}");
    }
}

#[tokio::test]
async fn acc_03_the_password_grant_shares_the_count() {
    let stand = Stand::new().await;
    let web = &stand.world.web;
    stand
        .change(&web.id, |application| {
            application.grant_types.insert(GrantType::Password);
        })
        .await;
    let url = stand.server.url("oauth/token");
    let server = &stand.server;
    let grant = |password: &'static str| {
        let fields = vec![
            ("grant_type", "password"),
            ("client_id", web.id.as_str()),
            ("client_secret", web.secret.as_str()),
            ("username", ADA),
            ("password", password),
            ("scope", "openid"),
        ];
        let url = url.clone();
        async move { server.post_form(&url, &fields, &[]).await }
    };
    for _ in 0..10 {
        let reply = grant("wrong").await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(
            reply.json()["error_description"],
            "Wrong email or password."
        );
    }
    let reply = grant(PASSWORD).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()["error"].as_str()),
        (429, Some("too_many_attempts"))
    );
    let mut browser = stand.server.browser();
    browser.get(&stand.authorize(web, &[])).await;
    assert_eq!(stand.log_in(&mut browser, "ada").await.status, 429);
}
