//! OPS-02: after a change of the master key everything is sealed anew, and the old key can go.

use std::path::PathBuf;
use std::sync::Arc;

use aldgate_app::app::{App, Start};
use aldgate_app::clock::ManualClock;
use aldgate_app::config::MasterKeySource;
use aldgate_app::jobs::housekeeping;
use aldgate_app::rng::Rng;
use aldgate_app::seal::{Place, create_private};
use aldgate_app::shared_keys::{client_secret_place, settings_secret_place, signing_secret_place};
use aldgate_core::api::SigningAlg;
use aldgate_core::connection::DEFAULT_DATABASE;
use aldgate_core::id::{ConnectionId, TenantId};
use aldgate_core::secret::Secret;
use aldgate_store::{StoreError, Tx};
use aldgate_test::{TestServer, World};
use axum::Router;
use serde_json::{Value, json};

const NEW: &str = "bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE";

/// The same server with a new master key, and with retired ones.
fn restarted(server: &TestServer, retired: Vec<PathBuf>) -> App {
    let mut config = server.app.config.clone();
    config.security.master_key = MasterKeySource::Value(Secret::new(NEW.to_owned()));
    config.security.previous_master_keys = retired;
    let start = Start {
        config,
        store: server.app.store.clone(),
        clock: Arc::new(ManualClock::at(server.now())),
        rng: Rng::seeded(2),
        mails_in_memory: true,
    };
    App::start(start).expect("the app starts")
}

fn connection_place<'a>(tenant: &'a TenantId, id: &'a ConnectionId) -> Place<'a> {
    Place {
        tenant,
        table: "connections",
        row: id.as_str(),
        column: "client_secret",
    }
}

/// Keeps a secret in each place there is.
async fn keep_secrets(server: &TestServer, world: &World) {
    let (app, tenant, now) = (&server.app, &server.tenant.id, server.now());
    let seal = |place: &Place<'_>, text: &str| app.seal_text(place, &Secret::new(text.to_owned()));
    let client = world.web.id.clone();
    let of_client = seal(&client_secret_place(tenant, &client), "one");
    let mut api = world.api.clone();
    api.signing_secret_sealed = Some(seal(&signing_secret_place(tenant, &api.id), "two"));
    let found = app.connection_by_name(tenant, DEFAULT_DATABASE).await;
    let connection = found.expect("the store answers").expect("it exists");
    let of_connection = seal(&connection_place(tenant, &connection.id), "three");
    let of_mail = seal(
        &settings_secret_place(tenant, "email_provider", "smtp_pass"),
        "four",
    );
    let write = move |tx: &mut Tx<'_>| {
        let mut application = tx.applications().by_id(&client)?.expect("it exists");
        application.secret_sealed = Some(of_client.clone());
        tx.applications().update(&application)?;
        tx.apis().update(&api)?;
        let mut connection = connection.as_ref().clone();
        let sealed = of_connection.clone().into();
        connection
            .options
            .insert("client_secret_sealed".into(), sealed);
        tx.connections().update(&connection)?;
        let document = json!({"credentials": {"smtp_pass_sealed": of_mail}, "enabled": true});
        tx.settings().save("email_provider", "", &document, now)
    };
    app.store.write(tenant, write).await.expect("it is stored");
}

/// Opens every secret with the keys that `app` has.
async fn open_all(app: &App, server: &TestServer, world: &World) -> [Option<String>; 4] {
    let tenant = &server.tenant.id;
    let (client, api) = (world.web.id.clone(), world.api.id.clone());
    let (of_client, of_api) = (client.clone(), api.clone());
    let read = move |tx: &mut Tx<'_>| {
        let application = tx.applications().by_id(&of_client)?.expect("it exists");
        let api = tx.apis().by_id(&of_api)?.expect("it exists");
        let connection = tx
            .connections()
            .by_name(DEFAULT_DATABASE)?
            .expect("it exists");
        let mail: Value = tx
            .settings()
            .load("email_provider", "")?
            .expect("it exists");
        Ok::<_, StoreError>((application, api, connection, mail))
    };
    let read = app.store.read(tenant, read).await;
    let (application, stored, connection, mail) = read.expect("it is read");
    let open = |place: &Place<'_>, sealed: Option<&str>| {
        let plain = app.open_text(place, sealed.expect("it is kept"))?;
        Some(plain.expose().clone())
    };
    let of_mail = settings_secret_place(tenant, "email_provider", "smtp_pass");
    [
        open(
            &client_secret_place(tenant, &client),
            application.secret_sealed.as_deref(),
        ),
        open(
            &signing_secret_place(tenant, &api),
            stored.signing_secret_sealed.as_deref(),
        ),
        open(
            &connection_place(tenant, &connection.id),
            connection.options["client_secret_sealed"].as_str(),
        ),
        open(&of_mail, mail["credentials"]["smtp_pass_sealed"].as_str()),
    ]
}

#[tokio::test]
async fn ops_02_after_a_change_of_the_master_key_the_old_one_can_go() {
    let server = TestServer::start(Router::new()).await;
    let world = World::make(&server).await;
    keep_secrets(&server, &world).await;
    let directory = tempfile::tempdir().expect("a directory");
    let retired = directory.path().join("retired.key");
    let MasterKeySource::Value(old) = &server.app.config.security.master_key else {
        panic!("tests have their key as a value");
    };
    create_private(&retired, old.expose().as_bytes()).expect("a file");

    let without = restarted(&server, vec![]);
    let opened = open_all(&without, &server, &world).await;
    assert_eq!(opened, [const { None }; 4], "the old key is needed");
    let with = restarted(&server, vec![retired]);
    housekeeping(&with).await.expect("it runs");
    let without = restarted(&server, vec![]);
    let opened = open_all(&without, &server, &world).await;
    let expected = ["one", "two", "three", "four"].map(|text| Some(text.to_owned()));
    assert_eq!(opened, expected);
    let signer = without.signer(&server.tenant, SigningAlg::Rs256).await;
    assert!(signer.is_ok(), "signing keys too");
    housekeeping(&without).await.expect("nothing is left to do");
    assert_eq!(open_all(&without, &server, &world).await, expected);
}
