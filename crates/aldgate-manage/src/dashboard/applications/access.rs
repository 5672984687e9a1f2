//! Which APIs an application may call, by itself and for its users, and with which scopes.

use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const ONE: &str = "/applications/{id}/apis/{api}/{subject}";
const REMOVE: &str = "/applications/{id}/apis/{api}/{subject}/remove";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/applications/{id}/apis", "APIs of an application", list)
            .needs("GET /client-grants")
            .needs("GET /resource-servers"),
        show(ONE, "Access to an API", one).needs("GET /client-grants"),
        act(ONE, "Give access to an API", save).needs("POST /client-grants"),
        show(REMOVE, "Take access away?", ask).needs("DELETE /client-grants/{id}"),
        act(REMOVE, "Take access away", remove).needs("DELETE /client-grants/{id}"),
    ]
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    may_act_alone: bool,
    settings: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    identifier: String,
    alone: Access,
    for_users: Access,
}

/// What an application may have of an API for one kind of subject.
#[derive(Serialize)]
struct Access {
    /// In a few words.
    says: String,
    allowed: bool,
    /// Where it is changed; empty when there is nothing to choose.
    edit: String,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let apis = visit.get("/resource-servers?per_page=100").await?;
    let grants = grants(&visit).await?;
    let row = |api: &Value| Row {
        name: text(api, "name"),
        identifier: text(api, "identifier"),
        alone: access(&visit, api, &grants, "client"),
        for_users: access(&visit, api, &grants, "user"),
    };
    let kinds = application["grant_types"].as_array();
    let alone = |kinds: &Vec<Value>| kinds.iter().any(|kind| kind == "client_credentials");
    let view = List {
        rows: apis
            .as_array()
            .map(|all| all.iter().map(row).collect())
            .unwrap_or_default(),
        may_act_alone: kinds.is_some_and(alone),
        settings: href(&side(&visit, "")),
    };
    Ok(sheet(&visit, "application_apis", &application, "/apis").show(&view))
}

async fn grants(visit: &Visit) -> Result<Vec<Value>, Fault> {
    let path = at(
        "/client-grants?per_page=100&client_id={}",
        &[visit.segment("id")],
    );
    let answer = visit.get(&path).await?;
    Ok(answer.as_array().cloned().unwrap_or_default())
}

fn find<'g>(grants: &'g [Value], api: &Value, subject: &str) -> Option<&'g Value> {
    grants.iter().find(|grant| {
        grant["audience"] == api["identifier"]
            && text_or(grant, "subject_type", "client") == subject
    })
}

fn text_or(item: &Value, name: &str, default: &str) -> String {
    item[name].as_str().unwrap_or(default).to_owned()
}

fn access(visit: &Visit, api: &Value, grants: &[Value], subject: &str) -> Access {
    let policy = &api["subject_type_authorization"][subject]["policy"];
    let policy = policy.as_str().unwrap_or("allow_all");
    let edit = || {
        let values = [visit.segment("id"), &text(api, "id"), subject];
        href(&at("/applications/{}/apis/{}/{}", &values))
    };
    match (policy, find(grants, api, subject)) {
        ("deny_all", _) => Access {
            says: "Nobody, by the API's settings".to_owned(),
            allowed: false,
            edit: String::new(),
        },
        ("allow_all", None) if subject == "user" => Access {
            says: "Every application may ask".to_owned(),
            allowed: true,
            edit: String::new(),
        },
        (_, None) => Access {
            says: "No".to_owned(),
            allowed: false,
            edit: edit(),
        },
        (_, Some(grant)) => Access {
            says: summary(grant),
            allowed: true,
            edit: edit(),
        },
    }
}

fn summary(grant: &Value) -> String {
    let scopes = grant["scope"].as_array().map_or(0, Vec::len);
    match (grant["allow_all_scopes"] == true, scopes) {
        (true, _) => "All scopes".to_owned(),
        (false, 0) => "Yes, without scopes".to_owned(),
        (false, 1) => "1 scope".to_owned(),
        (false, many) => format!("{many} scopes"),
    }
}

#[derive(Serialize)]
struct One {
    action: String,
    api: String,
    identifier: String,
    for_users: bool,
    all: bool,
    exists: bool,
    scopes: Vec<Scope>,
    remove: String,
    back: String,
}

#[derive(Serialize)]
struct Scope {
    value: String,
    description: String,
    chosen: bool,
}

/// The API of the path, and the grant for it.
async fn found(visit: &Visit) -> Result<(Value, Option<Value>), Fault> {
    let subject = visit.segment("subject");
    if !matches!(subject, "client" | "user") {
        return Err(Fault::NotFound);
    }
    let api = visit
        .get(&at("/resource-servers/{}", &[visit.segment("api")]))
        .await?;
    let grant = find(&grants(visit).await?, &api, subject).cloned();
    Ok((api, grant))
}

async fn one(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let (api, grant) = found(&visit).await?;
    let granted = |scope: &str| {
        let scopes = grant.as_ref().and_then(|grant| grant["scope"].as_array());
        scopes.is_some_and(|scopes| scopes.iter().any(|one| one == scope))
    };
    let scopes = api["scopes"].as_array().cloned().unwrap_or_default();
    let scopes = scopes.iter().map(|scope| Scope {
        chosen: granted(&text(scope, "value")),
        value: text(scope, "value"),
        description: text(scope, "description"),
    });
    let own = own_path(&visit);
    let view = One {
        action: href(&own),
        api: text(&api, "name"),
        identifier: text(&api, "identifier"),
        for_users: visit.segment("subject") == "user",
        all: grant
            .as_ref()
            .is_some_and(|grant| grant["allow_all_scopes"] == true),
        exists: grant.is_some(),
        scopes: scopes.collect(),
        remove: href(&(own + "/remove")),
        back: href(&side(&visit, "/apis")),
    };
    Ok(visit
        .page(
            "application_access",
            format!("Access to {}", text(&api, "name")),
        )
        .under("Applications", "/applications")
        .under(text(&application, "name"), &side(&visit, ""))
        .under("APIs", &side(&visit, "/apis"))
        .show(&view))
}

fn own_path(visit: &Visit) -> String {
    let (api, subject) = (visit.segment("api"), visit.segment("subject"));
    side(visit, &at("/apis/{}/{}", &[api, subject]))
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let (api, grant) = found(&visit).await?;
    let scopes: Vec<&str> = visit.form.all("scope").collect();
    let all = visit.form.has("all");
    let mut body = json!({"scope": if all { Vec::new() } else { scopes }, "allow_all_scopes": all});
    match grant {
        Some(grant) => {
            let path = at("/client-grants/{}", &[&text(&grant, "id")]);
            visit.send(Method::PATCH, &path, &body).await?;
        }
        None => {
            body["client_id"] = json!(visit.segment("id"));
            body["audience"] = api["identifier"].clone();
            body["subject_type"] = json!(visit.segment("subject"));
            visit.send(Method::POST, "/client-grants", &body).await?;
        }
    }
    let said = format!(
        "The access to {} was saved. It counts at once.",
        text(&api, "name")
    );
    Ok(visit.go(&side(&visit, "/apis"), &said))
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let (api, _) = found(&visit).await?;
    let (name, api) = (text(&application, "name"), text(&api, "name"));
    let confirm = Confirm {
        action: href(&(own_path(&visit) + "/remove")),
        question: format!("Take from {name} its access to {api}?"),
        consequences: vec![
            "It gets no more tokens for this API.".to_owned(),
            "Tokens that it has stay good until they expire; the API checks them by itself."
                .to_owned(),
        ],
        button: "Take the access away".to_owned(),
        back: href(&own_path(&visit)),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Take access away")
        .under("Applications", "/applications")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let (api, grant) = found(&visit).await?;
    if let Some(grant) = grant {
        visit
            .delete(&at("/client-grants/{}", &[&text(&grant, "id")]))
            .await?;
    }
    let said = format!("The access to {} was taken away.", text(&api, "name"));
    Ok(visit.go(&side(&visit, "/apis"), &said))
}
