//! Every statement that the crate can run, tried on the engine at hand.

use aldgate_store::scratch::Scratch;
use aldgate_store::{Sql, StoreError, statements};

#[tokio::test]
async fn every_statement_prepares_and_uses_an_index() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let sqlite = store.engine_name() == "sqlite";
    let mut wrong = Vec::new();
    for statement in statements() {
        let plan = store
            .write_system(move |system| system.plan(statement))
            .await;
        match plan {
            Err(error) => wrong.push(format!("{}: {error}", statement.name)),
            Ok(plan) if !statement.scan && scans(&plan, sqlite) => {
                wrong.push(format!("{} reads a whole table:\n{plan}", statement.name));
            }
            Ok(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn a_scan_is_noticed() {
    const SCAN: Sql = Sql {
        name: "SCAN",
        text: "SELECT id FROM users WHERE tenant_id = ?1 AND document = ?2",
        scan: false,
    };
    const NO_INDEX: Sql = Sql {
        name: "NO_INDEX",
        text: "SELECT id FROM users WHERE document = ?1",
        scan: false,
    };
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let sqlite = store.engine_name() == "sqlite";
    let plans = store
        .write_system(|system| Ok::<_, StoreError>((system.plan(&SCAN)?, system.plan(&NO_INDEX)?)));
    let (indexed, scanned) = plans.await.unwrap();
    assert!(!scans(&indexed, sqlite), "{indexed}");
    assert!(scans(&scanned, sqlite), "{scanned}");
}

/// SQLite says `SCAN` for a walk through a table or a whole index, PostgreSQL `Seq Scan`.
fn scans(plan: &str, sqlite: bool) -> bool {
    let walks = |line: &str| line.contains("SCAN ") && !line.contains("SUBQUERY");
    if sqlite {
        plan.lines().any(walks)
    } else {
        plan.contains("Seq Scan")
    }
}
