//! Paths with names in them: of operations and of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// `template` with each `{}` replaced by the next of `values`, percent-encoded: for segments and
/// for values of a query.
pub(super) fn at(template: &str, values: &[&str]) -> String {
    let mut path = String::with_capacity(template.len() + 64);
    let mut parts = template.split("{}");
    path.push_str(parts.next().unwrap_or_default());
    let mut values = values.iter();
    for part in parts {
        let value = values.next().copied().unwrap_or_default();
        path.extend(utf8_percent_encode(value, SEGMENT));
        path.push_str(part);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(
            at("/users/{}/roles", &["auth0|1/../x?y"]),
            "/users/auth0%7C1%2F..%2Fx%3Fy/roles"
        );
        assert_eq!(
            at("/clients?q={}&page={}", &["a&b", "2"]),
            "/clients?q=a%26b&page=2"
        );
        assert_eq!(at("/plain", &[]), "/plain");
    }
}
