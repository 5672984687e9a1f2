//! The tenant log: a list with filters that keeps itself fresh, and the story of one event.

mod story;

use aldgate_core::event::EventType;
use axum::response::Response;
use serde::Serialize;

use super::Visit;
use super::events::{self, Row};
use super::fault::Fault;
use super::listing::{self, Pager};
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/logs", "Logs", list)
        .needs("GET /logs")
        .nav(Group::Watch);
    let mut all = vec![list];
    all.extend(story::pages());
    all
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    pager: Pager,
    kinds: Vec<Kind>,
    filter: Filter,
    /// Why the filter was refused.
    problem: String,
    /// Whether the newest events are shown, so that it makes sense to wait for more.
    newest: bool,
    live: bool,
    live_href: String,
}

#[derive(Serialize)]
struct Kind {
    code: &'static str,
    label: &'static str,
    chosen: bool,
}

/// What a person filled in.
#[derive(Clone, Debug, Serialize)]
struct Filter {
    kind: String,
    user: String,
    client_id: String,
    code: String,
    q: String,
}

impl Filter {
    fn of(visit: &Visit) -> Self {
        let text = |name: &str| visit.query.get(name).to_owned();
        Self {
            kind: text("type"),
            user: text("user"),
            client_id: text("client_id"),
            code: text("code"),
            q: text("q"),
        }
    }

    /// As a query of the Management API.
    fn query(&self) -> String {
        let user = if self.user.contains('|') {
            "user_id"
        } else {
            "user_name"
        };
        let exact = [
            ("type", &self.kind),
            (user, &self.user),
            ("client_id", &self.client_id),
            ("support_code", &self.code),
        ];
        let mut terms: Vec<String> = exact
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| format!("{field}:\"{}\"", quoted(value)))
            .collect();
        if !self.q.is_empty() {
            terms.push(format!("({})", self.q));
        }
        terms.join(" AND ")
    }
}

/// A value within quotes.
pub(super) fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let filter = Filter::of(&visit);
    let mut path = format!("/logs?{}", listing::window(&visit));
    let query = filter.query();
    if !query.is_empty() {
        path.push_str(&at("&q={}", &[&query]));
    }
    let (answer, problem) = match visit.get(&path).await {
        Ok(answer) => (answer, String::new()),
        // The query is the person's own: the page says what is wrong with it.
        Err(refused) if refused.status.is_client_error() && !filter.q.is_empty() => {
            (serde_json::Value::Null, refused.cause)
        }
        Err(refused) => return Err(refused.into()),
    };
    let (_, pager) = listing::read(&visit, &answer, "logs");
    let kinds = EventType::ALL.iter().map(|kind| Kind {
        code: kind.code(),
        label: events::label(*kind),
        chosen: kind.code() == filter.kind,
    });
    let live = visit.query.has("live");
    let toggled = visit.query.with("live", if live { "" } else { "1" });
    let view = View {
        rows: events::rows(&answer),
        newest: listing::page_of(&visit) == 0,
        kinds: kinds.collect(),
        live_href: format!("{}?{toggled}", href("/logs")),
        pager,
        filter,
        problem,
        live,
    };
    Ok(visit.page("logs", "Logs").show(&view))
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn adm_06_values_stay_values_in_the_query() {
        let filter = Filter {
            kind: "f".to_owned(),
            user: "a\" OR type:\"s".to_owned(),
            client_id: String::new(),
            code: String::new(),
            q: "audience:x".to_owned(),
        };
        let expected = "type:\"f\" AND user_name:\"a\\\" OR type:\\\"s\" AND (audience:x)";
        assert_eq!(filter.query(), expected);
    }
}
