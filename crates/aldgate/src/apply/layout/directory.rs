//! A directory of JSON files: a table of where each section is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use crate::apply::keywords::Keywords;
use crate::apply::place::Sections;

use super::{Read, file_name, put, side, text_of};

/// The most files that are read of one directory.
const FILES_MAX: usize = 50_000;

/// How a section lies in the directory.
enum Form {
    /// One file.
    File(&'static str),
    /// A file for each entry; `named` makes its name.
    Folder(&'static str),
    /// A directory for each entry, with this file in it.
    Nested(&'static str, &'static str),
    /// A file for each member; an empty name stands for all the others.
    Members(&'static [(&'static str, &'static str)]),
}

use Form::{File, Folder, Members, Nested};

/// Where each section is.
const FORMS: &[(&str, Form)] = &[
    ("tenant", File("tenant.json")),
    ("clients", Folder("clients")),
    ("clientGrants", Folder("grants")),
    ("resourceServers", Folder("resource-servers")),
    ("roles", Folder("roles")),
    ("databases", Nested("database-connections", "database.json")),
    ("connections", Folder("connections")),
    ("emailProvider", File("emails/provider.json")),
    ("emailTemplates", Folder("emails")),
    ("branding", Members(&[("", "branding/branding.json")])),
    ("themes", Folder("themes")),
    (
        "prompts",
        Members(&[
            ("", "prompts/prompts.json"),
            ("customText", "prompts/custom-text.json"),
            ("partials", "prompts/partials.json"),
        ]),
    ),
    (
        "attackProtection",
        Members(&[
            ("botDetection", "attack-protection/bot-detection.json"),
            (
                "breachedPasswordDetection",
                "attack-protection/breached-password-detection.json",
            ),
            (
                "bruteForceProtection",
                "attack-protection/brute-force-protection.json",
            ),
            ("captcha", "attack-protection/captcha.json"),
            (
                "suspiciousIpThrottling",
                "attack-protection/suspicious-ip-throttling.json",
            ),
        ]),
    ),
    ("pages", Folder("pages")),
    ("guardianFactors", Folder("guardian/factors")),
    ("guardianFactorProviders", Folder("guardian/providers")),
    ("guardianFactorTemplates", Folder("guardian/templates")),
    ("guardianPolicies", File("guardian/policies.json")),
    (
        "guardianPhoneFactorMessageTypes",
        File("guardian/phoneFactorMessageTypes.json"),
    ),
    (
        "guardianPhoneFactorSelectedProvider",
        File("guardian/phoneFactorSelectedProvider.json"),
    ),
    ("logStreams", Folder("log-streams")),
    ("customDomains", File("custom-domains/custom-domains.json")),
    ("actions", Folder("actions")),
    ("triggers", File("triggers/triggers.json")),
    // Read so that what is not supported is named, not overlooked.
    ("actionModules", Folder("action-modules")),
    ("connectionProfiles", Folder("connection-profiles")),
    ("eventStreams", Folder("event-streams")),
    ("flowVaultConnections", Folder("flow-vault-connections")),
    ("flows", Folder("flows")),
    ("forms", Folder("forms")),
    ("hooks", Folder("hooks")),
    ("networkACLs", Folder("network-acls")),
    ("organizations", Folder("organizations")),
    ("phoneProviders", Folder("phone-providers")),
    ("phoneTemplates", Folder("phone-templates")),
    ("rateLimitPolicies", Folder("rate-limit-policies")),
    ("riskAssessment", File("risk-assessment/settings.json")),
    ("rules", Folder("rules")),
    ("rulesConfigs", Folder("rules-configs")),
    ("selfServiceProfiles", Folder("self-service-profiles")),
    ("supplementalSignals", File("supplemental-signals.json")),
    ("tokenExchangeProfiles", Folder("token-exchange-profiles")),
    ("userAttributeProfiles", Folder("user-attribute-profiles")),
];

/// Reads every section that is there.
pub(super) fn read(root: &Path, keywords: &Keywords<'_>) -> Result<Read> {
    let mut reader = Reader {
        root,
        keywords,
        read: Read::default(),
    };
    for (section, form) in FORMS {
        if let Some(found) = reader.section(section, form)? {
            reader.read.sections.insert((*section).to_owned(), found);
        }
    }
    if reader.read.sections.is_empty() {
        bail!("there is neither tenant.yaml nor a directory such as clients/ in it");
    }
    Ok(reader.read)
}

struct Reader<'a> {
    root: &'a Path,
    keywords: &'a Keywords<'a>,
    read: Read,
}

impl Reader<'_> {
    fn section(&mut self, name: &str, form: &Form) -> Result<Option<Value>> {
        match form {
            File(file) => self.optional(&self.root.join(file)),
            Folder(folder) => {
                let directory = self.root.join(folder);
                if !directory.is_dir() {
                    return Ok(None);
                }
                let mut entries = Vec::new();
                for file in files(&directory)? {
                    if name == "emailTemplates" && file.ends_with("provider.json") {
                        continue;
                    }
                    entries.extend(self.entry(name, None, &file)?);
                }
                // emails/ holds two sections: without a template there, it does not speak of them.
                let silent = name == "emailTemplates" && entries.is_empty();
                Ok((!silent).then_some(Value::Array(entries)))
            }
            Nested(folder, file) => {
                let directory = self.root.join(folder);
                if !directory.is_dir() {
                    return Ok(None);
                }
                let mut entries = Vec::new();
                for inner in children(&directory)? {
                    if inner.join(file).is_file() {
                        entries.extend(self.entry(name, None, &inner.join(file))?);
                    }
                }
                Ok(Some(Value::Array(entries)))
            }
            Members(parts) => self.members(name, parts),
        }
    }

    fn members(&mut self, name: &str, parts: &[(&str, &str)]) -> Result<Option<Value>> {
        let mut section = Map::new();
        for (member, file) in parts {
            let Some(found) = self.optional(&self.root.join(file))? else {
                continue;
            };
            match (*member, found) {
                ("", Value::Object(rest)) => section.extend(rest),
                ("", _) => bail!("{file} must hold an object"),
                ("partials", found) => {
                    let partials = self.partials(&found)?;
                    section.insert((*member).to_owned(), partials);
                }
                (member, found) => {
                    section.insert(member.to_owned(), found);
                }
            }
        }
        let templates = self.root.join("branding/templates");
        if name == "branding" && templates.is_dir() {
            let mut entries = Vec::new();
            for file in files(&templates)? {
                entries.extend(self.entry(name, Some("templates"), &file)?);
            }
            section.insert("templates".into(), Value::Array(entries));
        }
        Ok((!section.is_empty()).then_some(Value::Object(section)))
    }

    /// `{prompt: [{screen: [{name, template: file}]}]}` as the API has it.
    fn partials(&self, found: &Value) -> Result<Value> {
        let mut all = json!({});
        for (prompt, screens) in found.as_object().into_iter().flatten() {
            let screens = screens.get(0).unwrap_or(screens);
            all[prompt] = json!({});
            for (screen, points) in screens.as_object().into_iter().flatten() {
                all[prompt][screen] = json!({});
                for point in points.as_array().into_iter().flatten() {
                    let text = |member: &str| point[member].as_str().unwrap_or_default();
                    let file = self.root.join("prompts").join(text("template"));
                    let content = text_of(&file, self.keywords)?;
                    all[prompt][screen][text("name")] = content.trim().into();
                }
            }
        }
        Ok(all)
    }

    /// An entry with its side files. One without a word in it is none.
    fn entry(&mut self, name: &str, within: Option<&str>, file: &Path) -> Result<Option<Value>> {
        let Some(mut entry) = self.optional(file)? else {
            return Ok(None);
        };
        let own = file.parent().unwrap_or(self.root);
        // Mails and pages may leave out the name of a file that is called as they are.
        let twin = file.with_extension("html");
        for side in side::of(name, within) {
            if let (Some(member), true) = (side.member.strip_prefix('/'), twin.is_file())
                && matches!(name, "emailTemplates" | "pages")
            {
                entry[member] = text_of(&twin, self.keywords)?.into();
            } else {
                side::load(side, &mut entry, (own, self.root), self.keywords)?;
            }
        }
        let empty = entry.as_object().is_some_and(Map::is_empty);
        Ok((!empty).then_some(entry))
    }

    fn optional(&mut self, file: &Path) -> Result<Option<Value>> {
        if !file.is_file() {
            return Ok(None);
        }
        let text = text_of(file, self.keywords)?;
        let mut value: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is not JSON", file.display()))?;
        let below = file.strip_prefix(self.root).unwrap_or(file);
        let open = self.keywords.resolve(&mut value, "")?;
        self.read.open.extend(open.into_iter().map(|mut open| {
            open.at = format!("{}: {}", below.display(), open.at);
            open
        }));
        Ok(Some(value))
    }
}

/// Writes every section; folders of sections that it writes are emptied of JSON files first, so
/// that what is gone from the tenant is gone from the files.
pub(super) fn write(root: &Path, sections: &Sections) -> Result<()> {
    for (name, form) in FORMS {
        let Some(section) = sections.get(*name) else {
            continue;
        };
        match form {
            File(file) => write_json(&root.join(file), section)?,
            Folder(folder) => {
                let directory = root.join(folder);
                clear(&directory, *name == "emailTemplates")?;
                write_entries(&directory, name, None, section, sections)?;
            }
            Nested(folder, file) => {
                for entry in section.as_array().into_iter().flatten() {
                    let own = root.join(folder).join(file_name(&text(entry, "name")));
                    let mut entry = entry.clone();
                    for side in side::of(name, None) {
                        side::store(side, &mut entry, &own, "")?;
                    }
                    write_json(&own.join(file), &entry)?;
                }
            }
            Members(parts) => write_members(root, name, parts, section, sections)?,
        }
    }
    Ok(())
}

fn write_members(
    root: &Path,
    name: &str,
    parts: &[(&str, &str)],
    section: &Value,
    sections: &Sections,
) -> Result<()> {
    let named: Vec<&str> = parts.iter().map(|(member, _)| *member).collect();
    for (member, file) in parts {
        let path = root.join(file);
        match (*member, section.get(member)) {
            ("", _) => {
                let mut rest = section.clone();
                if let Some(members) = rest.as_object_mut() {
                    members.retain(|m, _| !named.contains(&m.as_str()) && m != "templates");
                }
                write_json(&path, &rest)?;
            }
            ("partials", Some(partials)) => write_partials(root, &path, partials)?,
            (_, Some(found)) => write_json(&path, found)?,
            (_, None) => {}
        }
    }
    if let (true, Some(templates)) = (name == "branding", section.get("templates")) {
        let directory = root.join("branding/templates");
        clear(&directory, false)?;
        write_entries(&directory, name, Some("templates"), templates, sections)?;
    }
    Ok(())
}

fn write_partials(root: &Path, path: &Path, partials: &Value) -> Result<()> {
    let mut index = json!({});
    for (prompt, screens) in partials.as_object().into_iter().flatten() {
        let mut named = json!({});
        for (screen, points) in screens.as_object().into_iter().flatten() {
            let mut list = Vec::new();
            for (point, content) in points.as_object().into_iter().flatten() {
                let (prompt, screen) = (file_name(prompt), file_name(screen));
                let below = format!("partials/{prompt}/{screen}/{}.liquid", file_name(point));
                let file = root.join("prompts").join(&below);
                put(&file, content.as_str().unwrap_or_default())?;
                list.push(json!({"name": point, "template": below}));
            }
            named[screen] = Value::Array(list);
        }
        index[prompt] = json!([named]);
    }
    write_json(path, &index)
}

fn write_entries(
    directory: &Path,
    name: &str,
    within: Option<&str>,
    entries: &Value,
    sections: &Sections,
) -> Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    for (index, entry) in entries.as_array().into_iter().flatten().enumerate() {
        let mut entry = entry.clone();
        // deploy-cli looks for the code of an action from where everything begins.
        let prefix = if name == "actions" { "actions/" } else { "" };
        for side in side::of(name, within) {
            side::store(side, &mut entry, directory, prefix)?;
        }
        let mut file = entry_name(name, index, &entry, sections);
        while directory.join(format!("{file}.json")).exists() {
            file.push('_');
        }
        write_json(&directory.join(format!("{file}.json")), &entry)?;
    }
    Ok(())
}

/// What deploy-cli calls an entry's file, without its extension.
fn entry_name(section: &str, index: usize, entry: &Value, sections: &Sections) -> String {
    let name = match section {
        "clientGrants" => {
            let audience = text(entry, "audience");
            let apis = sections.get("resourceServers").and_then(Value::as_array);
            let mut apis = apis.into_iter().flatten();
            let api = apis.find(|api| api["identifier"] == audience);
            let api = api.map_or(audience, |api| text(api, "name"));
            format!("{}-{api}", text(entry, "client_id"))
        }
        "emailTemplates" | "branding" => text(entry, "template"),
        "guardianFactorProviders" => {
            format!("{}-{}", text(entry, "name"), text(entry, "provider"))
        }
        "themes" if index == 0 => "theme".to_owned(),
        "themes" => format!("theme{index}"),
        "resourceServers" if entry.get("name").is_none() => text(entry, "identifier"),
        _ => text(entry, "name"),
    };
    file_name(&name)
}

fn text(entry: &Value, member: &str) -> String {
    entry[member].as_str().unwrap_or_default().to_owned()
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    put(path, &format!("{value:#}\n"))
}

/// Removes the JSON files of a directory, which are about to be written anew.
fn clear(directory: &Path, keep_provider: bool) -> Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for file in files(directory)? {
        if !(keep_provider && file.ends_with("provider.json")) {
            std::fs::remove_file(&file)
                .with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

/// The JSON files of a directory, in the order of their names.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut all = children(directory)?;
    all.retain(|path| path.extension().is_some_and(|e| e == "json") && path.is_file());
    Ok(all)
}

fn children(directory: &Path) -> Result<Vec<PathBuf>> {
    let told = || format!("cannot read {}", directory.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(told)? {
        all.push(entry.with_context(told)?.path());
        if all.len() > FILES_MAX {
            bail!("{} holds more than {FILES_MAX} files", directory.display());
        }
    }
    all.sort();
    Ok(all)
}
