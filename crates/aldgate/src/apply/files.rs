//! Reads the YAML that describes a tenant: one file, or a directory with `tenant.yaml`.

use std::path::Path;

use aldgate_core::body::closest;
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value};

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Sections that `apply` acts on.
const SECTIONS: &[&str] = &[
    "tenant",
    "clients",
    "resourceServers",
    "clientGrants",
    "roles",
    "users",
];

/// Sections of deploy-cli that Aldgate does not have yet: refused only when they say something.
const SECTIONS_LATER: &[&str] = &[
    "actions",
    "actionModules",
    "attackProtection",
    "branding",
    "connectionProfiles",
    "connections",
    "customDomains",
    "databases",
    "emailProvider",
    "emailTemplates",
    "eventStreams",
    "flowVaultConnections",
    "flows",
    "forms",
    "guardianFactorProviders",
    "guardianFactorTemplates",
    "guardianFactors",
    "guardianPhoneFactorMessageTypes",
    "guardianPhoneFactorSelectedProvider",
    "guardianPolicies",
    "hooks",
    "logStreams",
    "networkACLs",
    "organizations",
    "pages",
    "phoneProviders",
    "phoneTemplates",
    "prompts",
    "rateLimitPolicies",
    "riskAssessment",
    "rules",
    "rulesConfigs",
    "selfServiceProfiles",
    "supplementalSignals",
    "themes",
    "tokenExchangeProfiles",
    "triggers",
    "userAttributeProfiles",
];

/// What the files ask for. A section that is absent is `None`: nothing in it is touched.
#[derive(Debug, Default)]
pub(crate) struct Desired {
    /// Tenant settings.
    pub(crate) tenant: Option<Map<String, Value>>,
    /// Applications, named by `name` (or `client_id`).
    pub(crate) clients: Option<Vec<Map<String, Value>>>,
    /// APIs, named by `identifier`.
    pub(crate) apis: Option<Vec<Map<String, Value>>>,
    /// Client grants, named by application and `audience`.
    pub(crate) client_grants: Option<Vec<Map<String, Value>>>,
    /// Roles, named by `name`.
    pub(crate) roles: Option<Vec<Map<String, Value>>>,
    /// Users for development: created once, never changed or deleted.
    pub(crate) users: Vec<Map<String, Value>>,
}

/// Reads `path` and puts `${NAME}`, `##NAME##` and `@@NAME@@` in place.
pub(crate) fn read(path: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Result<Desired> {
    let file = if path.is_dir() {
        path.join("tenant.yaml")
    } else {
        path.to_owned()
    };
    let size = std::fs::metadata(&file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    if size > FILE_BYTES_MAX {
        bail!(
            "{} has {size} bytes; at most {FILE_BYTES_MAX} are read",
            file.display()
        );
    }
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text, variables).with_context(|| format!("in {}", file.display()))
}

/// Reads the text of a file.
pub(crate) fn parse(text: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Desired> {
    let document: Value =
        serde_saphyr::from_str(text).map_err(|error| anyhow!("this is not YAML: {error}"))?;
    from_value(document, variables)
}

/// Reads a document that was parsed already.
pub(crate) fn from_value(
    document: Value,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Result<Desired> {
    let Value::Object(mut document) = replace(document, variables)? else {
        bail!("expected sections such as `clients:` and `resourceServers:` at the top");
    };
    let tenant = match document.remove("tenant") {
        None | Some(Value::Null) => None,
        Some(Value::Object(settings)) => Some(settings),
        Some(_) => bail!("`tenant` must be a mapping of settings"),
    };
    let desired = Desired {
        tenant,
        clients: section(&mut document, "clients")?,
        apis: section(&mut document, "resourceServers")?,
        client_grants: section(&mut document, "clientGrants")?,
        roles: section(&mut document, "roles")?,
        users: section(&mut document, "users")?.unwrap_or_default(),
    };
    document
        .iter()
        .try_for_each(|(name, value)| refuse_section(name, value))?;
    Ok(desired)
}

fn section(
    document: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<Vec<Map<String, Value>>>> {
    let items = match document.remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(_) => bail!("`{name}` must be a list"),
    };
    let object = |(index, item)| match item {
        Value::Object(members) => Ok(members),
        _ => Err(anyhow!("{name}[{index}] must be a mapping")),
    };
    items
        .into_iter()
        .enumerate()
        .map(object)
        .collect::<Result<_>>()
        .map(Some)
}

fn refuse_section(name: &str, value: &Value) -> Result<()> {
    let empty = match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    if SECTIONS_LATER.contains(&name) {
        if empty {
            return Ok(());
        }
        bail!("section `{name}` is not supported yet; remove it, or empty it, and apply again");
    }
    let known: Vec<&str> = SECTIONS.iter().chain(SECTIONS_LATER).copied().collect();
    match closest(name, &known) {
        Some(near) => bail!("unknown section `{name}`; did you mean `{near}`?"),
        None => bail!(
            "unknown section `{name}`; expected one of {}",
            SECTIONS.join(", ")
        ),
    }
}

/// Puts variables in place, in every string.
fn replace(value: Value, variables: &dyn Fn(&str) -> Option<String>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => replace_text(&text, variables)?,
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|v| replace(v, variables))
                .collect::<Result<_>>()?,
        ),
        Value::Object(members) => {
            let replaced = members
                .into_iter()
                .map(|(k, v)| Ok((k, replace(v, variables)?)));
            Value::Object(replaced.collect::<Result<_>>()?)
        }
        other => other,
    })
}

fn replace_text(text: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Value> {
    let lookup = |name: &str| {
        variables(name).ok_or_else(|| {
            anyhow!("{name} is not set; set the environment variable {name} and apply again")
        })
    };
    // `@@NAME@@` stands for a JSON value, so it must be the whole string.
    if let Some(name) = text
        .strip_prefix("@@")
        .and_then(|rest| rest.strip_suffix("@@"))
    {
        let value = lookup(name)?;
        return Ok(serde_json::from_str(&value).unwrap_or(Value::String(value)));
    }
    let text = replace_marked(text, "${", "}", &lookup)?;
    replace_marked(&text, "##", "##", &lookup).map(Value::String)
}

fn replace_marked(
    text: &str,
    open: &str,
    close: &str,
    lookup: &dyn Fn(&str) -> Result<String>,
) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((name, tail)) = after.split_once(close).filter(|(name, _)| is_name(name)) else {
            out.push_str(before);
            out.push_str(open);
            rest = after;
            continue;
        };
        out.push_str(before);
        out.push_str(&lookup(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn reads_the_sections_it_knows() {
        let text = "clients:\n  - name: A\n    app_type: spa\nresourceServers: []\nactions: []\n";
        let desired = parse(text, &none).unwrap();
        assert_eq!(desired.clients.unwrap()[0]["name"], "A");
        assert!(desired.apis.unwrap().is_empty());
        assert!(desired.client_grants.is_none());
    }

    #[test]
    fn unknown_sections_are_refused_with_a_suggestion() {
        let error = parse("client:\n  - name: A\n", &none)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "unknown section `client`; did you mean `clients`?");
        let error = parse("forms:\n  - name: A\n", &none)
            .unwrap_err()
            .to_string();
        assert!(error.contains("not supported yet"), "{error}");
        assert!(parse("- a", &none).is_err());
        assert!(parse("a: [", &none).is_err());
    }

    #[test]
    fn variables_are_put_in_place_or_named() {
        let env = |name: &str| match name {
            "HOST" => Some("https://x".to_owned()),
            "LIST" => Some("[1,2]".to_owned()),
            _ => None,
        };
        let text = "tenant:\n  a: ${HOST}/cb\n  b: '##HOST##'\n  c: '@@LIST@@'\n  d: '$5 ## {'\n";
        let tenant = parse(text, &env).unwrap().tenant.unwrap();
        assert_eq!(tenant["a"], "https://x/cb");
        assert_eq!(tenant["b"], "https://x");
        assert_eq!(tenant["c"], serde_json::json!([1, 2]));
        assert_eq!(tenant["d"], "$5 ## {");
        let error = parse("tenant:\n  a: ${NOPE}\n", &env)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("NOPE is not set"), "{error}");
    }
}
