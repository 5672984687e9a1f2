//! What the configuration accepts, and how it says no.

use super::keys::KEYS;
use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("aldgate.toml");
    std::fs::write(&path, file).expect("a file");
    let environment = environment
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::load(Some(&path), environment, Path::new("/data")).map_err(|error| {
        error
            .to_string()
            .replace(&path.display().to_string(), "FILE")
    })
}

#[test]
fn nothing_set_gives_the_documented_addresses() {
    let config = load("", &[]).expect("defaults");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:4455");
    assert_eq!(config.server.public_url.as_str(), "http://localhost:4455/");
    assert_eq!(
        config.admin.listen.map(|a| a.to_string()),
        Some("127.0.0.1:4465".into())
    );
    assert_eq!(config.database.url.expose(), "sqlite:/data/aldgate.db");
    assert_eq!(config.security.argon2.memory_kib, 19 * 1024);
    assert_eq!(config.server.limits.body_bytes_max, 64 << 10);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "[server]\nlisten = '127.0.0.1:1'\ntrusted_proxies = ['10.0.0.0/8', '::1']";
    let config = load(
        file,
        &[("ALDGATE_SERVER__LISTEN", "[::1]:9"), ("ALDGATE_LOG", "x")],
    );
    let config = config.expect("valid");
    assert_eq!(config.server.listen.to_string(), "[::1]:9");
    assert_eq!(config.server.public_url.as_str(), "http://localhost:9/");
    assert_eq!(config.server.trusted_proxies.len(), 2);
}

#[test]
fn unknown_keys_stop_the_start_with_a_suggestion() {
    let file = "[server]\nlissten = 'x'\n[mail]\npublic_url = 'x'\n[zzz]\nqqq = 1";
    let error = load(file, &[("ALDGATE_LOG__LEVLE", "info")]).expect_err("refused");
    insta::assert_snapshot!(error, @r"
    the configuration is refused:
      mail.public_url in FILE: expected a known key; did you mean server.public_url?
      server.lissten in FILE: expected a known key; did you mean server.listen?
      zzz.qqq in FILE: expected a known key; docs/configuration.md lists them
      ALDGATE_LOG__LEVLE: expected a known key; did you mean log.level?
    ");
}

#[test]
fn every_bad_value_is_named_with_what_is_accepted() {
    let file = "[server]\nlisten = 'nowhere'\nconnections_max = 0\ntls_cert = 'a'\n\
                public_url = 'http://id.example.com/'\n[log]\nformat = 'xml'\n\
                [outbound]\nallow_cidrs = ['x']\nallow_http = 1\n[database]\nurl = 'mysql://p'";
    let error = load(file, &[]).expect_err("refused");
    insta::assert_snapshot!(error, @r#"
    the configuration is refused:
      server.listen in FILE: got "nowhere",
        expected ADDRESS:PORT
      server.tls_key: expected a PEM file, because tls_cert is set
      server.public_url in FILE: got http://id.example.com/,
        expected https, or http on localhost, a loopback address or .test
      server.connections_max in FILE: got 0,
        expected a whole number from 1 to 1000000
      database.url in FILE: got (hidden),
        expected sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
      log.format in FILE: got xml,
        expected text or json
      outbound.allow_cidrs in FILE: got "x",
        expected networks, as 10.0.0.0/8
      outbound.allow_http in FILE: got 1,
        expected true or false
    "#);
}

#[test]
fn net_01_plain_http_outbound_only_for_a_local_issuer() {
    let http = "[outbound]\nallow_http = true\n[server]\npublic_url = ";
    for local in [
        "http://localhost:1/",
        "http://127.0.0.1:1/",
        "http://a.test/",
        "http://[::1]/",
    ] {
        assert!(load(&format!("{http}'{local}'"), &[]).is_ok(), "{local}");
    }
    assert!(load(&format!("{http}'https://id.example.com/'"), &[]).is_err());
}

#[test]
fn a_public_url_is_an_origin() {
    for bad in [
        "https://a.test/x",
        "https://a.test/?q",
        "https://u@a.test/",
        "ftp://a.test/",
    ] {
        assert!(
            load(&format!("[server]\npublic_url = '{bad}'"), &[]).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn every_key_is_readable_from_the_environment() {
    for key in KEYS {
        let error = load("", &[(key.variable().as_str(), "\u{7}")]);
        let message = error.err().unwrap_or_default();
        assert!(!message.contains("known key"), "{message}");
    }
}
