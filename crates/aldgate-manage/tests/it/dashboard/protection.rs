//! The pages of attack protection.

use aldgate_core::attempts::{Account, Address, Penalty, Rule, Subject};
use aldgate_core::time::Seconds;
use aldgate_store::Tx;
use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn acc_03_settings_that_logins_act_on_are_changed() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let page = admin.see("/protection").await;
    assert!(page.contains("are not built"), "{page}");
    let change = [("max_attempts", "3"), ("allowlist", "192.0.2.0/24\r\n")];
    let page = admin.send("/protection", &change).await;
    assert!(
        page.text().contains("The settings were saved"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("192.0.2.0&#x2f;24"));
    let page = admin.send("/protection", &[("max_attempts", "1000")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text().contains("id=\"max_attempts-problem\""),
        "{}",
        page.text()
    );
    admin.see("/protection/addresses").await;
    let change = [("stage.pre-login.max_attempts", "7")];
    let page = admin.send("/protection/addresses", &change).await.text();
    assert!(page.contains("value=\"7\""), "{page}");
    // The rest of the stage is as it was.
    assert!(
        page.contains("value=\"864000\"") && page.contains("value=\"1200\""),
        "{page}"
    );
    assert!(
        !page.contains("pre-custom-token-exchange"),
        "nothing acts on it"
    );
}

#[tokio::test]
async fn acc_03_what_is_blocked_is_listed_found_and_let_in() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    assert!(
        admin
            .see("/protection/blocks")
            .await
            .contains("Nothing is held up")
    );
    let address = Address::of("203.0.113.9".parse().expect("an address"));
    let rule = Rule {
        max: 1,
        memory: Seconds::days(1),
        penalty: Penalty::Block(Seconds::days(1)),
    };
    let (ada, now) = (Account::Known(desk.world.ada.id.clone()), desk.server.now());
    let subjects = [
        Subject::AccountAndAddress(ada, address),
        Subject::Address(address),
        Subject::SignUp(address),
    ];
    desk.write(move |tx: &mut Tx<'_>| {
        for subject in &subjects {
            tx.attempts().count(subject, &rule, now)?;
        }
        Ok(())
    })
    .await;
    let page = admin.see("/protection/blocks").await;
    for part in [
        "Logins to an account from an address",
        "Sign-ups from an address",
        "203.0.113.9",
        desk.world.ada.id.as_str(),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = admin.see("/protection/blocks?q=ada%40example.com").await;
    assert!(page.contains("203.0.113.9"), "{page}");
    let by_name = [("identifier", "ada@example.com")];
    let page = admin.send("/protection/blocks/user", &by_name).await.text();
    assert!(
        page.contains("may log in again") && !page.contains("Logins to an account"),
        "{page}"
    );
    let found = admin.see("/protection/blocks?q=203.0.113.9").await;
    assert!(found.contains("Logins from an address"), "{found}");
    let page = admin.send("/protection/blocks/ip", &[]).await.text();
    assert!(
        page.contains("is let in again") && page.contains("Nothing is held up"),
        "{page}"
    );
    let none = admin.see("/protection/blocks?q=203.0.113.9").await;
    assert!(none.contains("are not held up"), "{none}");
    let nobody = admin.see("/protection/blocks?q=nobody%40example.com").await;
    assert!(nobody.contains("Nobody logs in as"), "{nobody}");
}
