//! What jobs tell of themselves, and the lines of exports.

use serde_json::json;

use super::*;
use crate::random::tests::Counting;

const START: Timestamp = Timestamp::from_seconds(1_000);

fn export(format: ExportFormat, fields: Value) -> UsersExport {
    UsersExport {
        connection_id: None,
        format,
        limit: None,
        fields: serde_json::from_value(fields).unwrap(),
        after: String::new(),
        parts: 0,
        bytes: 0,
    }
}

fn job(work: Work, total: u64) -> Job {
    Job::new(JobId::generate(&mut Counting(1)), work, total, START)
}

#[test]
fn progress_is_told() {
    let waiting = job(
        Work::UsersExport(export(ExportFormat::Json, json!([]))),
        200,
    );
    let view = waiting.view(START);
    assert_eq!(view["status"], "pending");
    assert!(!view.contains_key("percentage_done"));
    let mut running = waiting.begun(START);
    running.done = 50;
    let view = running.view(START + Seconds(10));
    assert_eq!(view["percentage_done"], 25);
    assert_eq!(view["time_left_seconds"], 30);
    running.done = 200;
    assert_eq!(running.view(START)["percentage_done"], 99, "not over yet");
    let over = running.clone().over(Ok(()), START + Seconds(20));
    assert_eq!(over.view(START)["percentage_done"], 100);
    assert_eq!(over.expires_at, START + Seconds(20) + LIFETIME);
    let failed = running.over(Err("It broke.".into()), START);
    assert_eq!(failed.view(START)["status_details"], "It broke.");
    let stored: Job = serde_json::from_value(json!(failed)).unwrap();
    assert_eq!(stored, failed);
}

#[test]
fn adm_11_a_spreadsheet_runs_nothing() {
    let fields = json!([{"name": "name"}, {"name": "app_metadata.plan", "export_as": "Plan"},
        {"name": "identities[0].connection"}]);
    let export = export(ExportFormat::Csv, fields);
    let columns = export.columns().unwrap();
    let user = json!({"name": "=cmd()|' /C calc'!A0", "app_metadata": {"plan": "a \"b\", c"},
        "identities": [{"connection": "db"}]});
    let head = ExportFormat::Csv.head(&columns);
    assert_eq!(head, "\"name\",\"Plan\",\"identities[0].connection\"\r\n");
    let line = ExportFormat::Csv.line(&columns, &user);
    assert_eq!(
        line,
        "\"'=cmd()|' /C calc'!A0\",\"a \"\"b\"\", c\",\"db\"\r\n"
    );
    for first in ['+', '-', '@', '\t', '\r'] {
        let user = json!({"name": format!("{first}1")});
        assert!(ExportFormat::Csv.line(&columns, &user).starts_with("\"'"));
    }
}

#[test]
fn json_lines_leave_out_what_is_not_there() {
    let export = export(ExportFormat::Json, json!([]));
    let columns = export.columns().unwrap();
    let user = json!({"user_id": "auth0|1", "email": "a@b.co", "email_verified": true});
    let line = ExportFormat::Json.line(&columns, &user);
    assert_eq!(
        line,
        "{\"Id\":\"auth0|1\",\"Email\":\"a@b.co\",\"Email Verified\":true}\n"
    );
}

#[test]
fn fields_that_lead_nowhere_are_refused() {
    for bad in [
        json!([{"name": ""}]),
        json!([{"name": "a..b"}]),
        json!([{"name": "a[x]"}]),
        json!([{"name": "a[1"}]),
        json!([{"name": "a", "export_as": ""}]),
        json!([{"name": "a"}, {"name": "b", "export_as": "a"}]),
        json!(vec![json!({"name": "a"}); 101]),
    ] {
        assert!(
            export(ExportFormat::Csv, bad.clone()).columns().is_err(),
            "{bad}"
        );
    }
}

#[test]
fn the_form_has_auth0s_fields() {
    let mut form = ImportForm::default();
    assert!(form.send_completion_email && !form.upsert);
    form.set("upsert", "true").unwrap();
    form.set("external_id", "mine").unwrap();
    assert!(form.upsert && form.external_id == "mine");
    let long = "x".repeat(256);
    for (name, value) in [
        ("upsert", "yes"),
        ("external_id", long.as_str()),
        ("userz", "1"),
    ] {
        assert!(form.set(name, value).is_err(), "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn any_field_is_read_or_refused(name in ".{0,40}", export_as in ".{0,20}") {
        let fields = json!([{"name": name, "export_as": export_as}]);
        drop(export(ExportFormat::Csv, fields).columns());
    }
}
