//! The map as a picture: applications on the left, APIs on the right, a line for each client grant.

use minijinja::HtmlEscape;

use super::lint::{Api, Application, Grant};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const WIDTH: usize = 720;
const ROW: usize = 40;
const BOX_WIDTH: usize = 240;
const BOX_HEIGHT: usize = 28;

/// The longest name in a box, in characters.
const NAME_MAX: usize = 28;

/// The picture. Its lines are told again in a table, so it is hidden from those who do not see it,
/// except for the links of its boxes.
pub(super) fn map(applications: &[Application], apis: &[Api], grants: &[Grant]) -> String {
    let linked = |one: &&Application| grants.iter().any(|grant| grant.client_id == one.id);
    let left: Vec<&Application> = applications.iter().filter(linked).collect();
    let right: Vec<&Api> = apis.iter().collect();
    let height = left.len().max(right.len()).max(1) * ROW;
    let mut svg = format!("<svg class=\"map\" viewBox=\"0 0 {WIDTH} {height}\" role=\"group\">");
    for grant in grants {
        let from = left.iter().position(|one| one.id == grant.client_id);
        let to = right
            .iter()
            .position(|api| api.identifier == grant.audience);
        if let (Some(from), Some(to)) = (from, to) {
            svg.push_str(&line(from, to, grant.for_users));
        }
    }
    for (index, one) in left.iter().enumerate() {
        let target = href(&at("/applications/{}/apis", &[&one.id]));
        svg.push_str(&node(0, index, &one.name, &target));
    }
    for (index, api) in right.iter().enumerate() {
        let target = href(&at("/apis/{}", &[&api.id]));
        svg.push_str(&node(WIDTH - BOX_WIDTH, index, &api.name, &target));
    }
    svg.push_str("</svg>");
    svg
}

/// A curve between two rows; dashed where the application acts for its users.
fn line(from: usize, to: usize, for_users: bool) -> String {
    let y = |row: usize| row * ROW + ROW / 2;
    let (start, end) = (BOX_WIDTH, WIDTH - BOX_WIDTH);
    let middle = WIDTH / 2;
    let dash = if for_users {
        " stroke-dasharray=\"5 4\""
    } else {
        ""
    };
    format!(
        "<path d=\"M{start} {} C{middle} {} {middle} {} {end} {}\"{dash}/>",
        y(from),
        y(from),
        y(to),
        y(to)
    )
}

fn node(x: usize, row: usize, name: &str, target: &str) -> String {
    let y = row * ROW + (ROW - BOX_HEIGHT) / 2;
    let mut short: String = name.chars().take(NAME_MAX).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    format!(
        "<a href=\"{}\"><rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{BOX_HEIGHT}\" rx=\"6\"/>\
         <text x=\"{}\" y=\"{}\" dominant-baseline=\"central\">{}</text></a>",
        HtmlEscape(target),
        x + 1,
        BOX_WIDTH - 2,
        x + 12,
        y + BOX_HEIGHT / 2,
        HtmlEscape(&short)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_every_grant_is_a_line() {
        let applications = [Application {
            id: "a".to_owned(),
            name: "<script>".to_owned(),
            ..Application::default()
        }];
        let apis = [Api {
            id: "b".to_owned(),
            name: "B".to_owned(),
            identifier: "https://b.test/".to_owned(),
            ..Api::default()
        }];
        let grants = [Grant {
            client_id: "a".to_owned(),
            audience: "https://b.test/".to_owned(),
            for_users: true,
            ..Grant::default()
        }];
        let svg = map(&applications, &apis, &grants);
        assert!(
            svg.contains("&lt;script&gt;") && !svg.contains("<script>"),
            "{svg}"
        );
        assert_eq!(svg.matches("<path").count(), 1);
        assert!(svg.contains("stroke-dasharray"));
    }
}
