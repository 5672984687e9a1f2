//! An export of users (Auth0: `POST /api/v2/jobs/users-exports`): which members of a user become
//! which columns, as JSON lines or as CSV that no spreadsheet runs (ADM-11).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::Refusal;
use crate::id::ConnectionId;

/// The most columns.
const FIELDS_MAX: usize = 100;

/// The longest name of a column, in characters.
const NAME_MAX: usize = 255;

/// The columns where nobody chose any (Auth0's, by the names that its files have).
const COLUMNS: &[(&str, &str)] = &[
    ("user_id", "Id"),
    ("given_name", "Given Name"),
    ("family_name", "Family Name"),
    ("nickname", "Nickname"),
    ("name", "Name"),
    ("email", "Email"),
    ("email_verified", "Email Verified"),
    ("picture", "Picture"),
    ("identities[0].connection", "Connection"),
    ("created_at", "Created At"),
    ("updated_at", "Updated At"),
];

/// An export of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsersExport {
    /// Of which connection; of all without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    /// The form of the file.
    pub format: ExportFormat,
    /// The most users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The columns; none: those that Auth0 has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ExportField>,
    /// The last user that was written.
    #[serde(default)]
    pub after: String,
    /// Pieces of the file that are written.
    #[serde(default)]
    pub parts: u32,
    /// Bytes of the file that are written, compressed.
    #[serde(default)]
    pub bytes: u64,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One JSON object a line.
    Json,
    /// RFC 4180, with a line of names.
    Csv,
}

/// A column as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportField {
    /// Where the value is: `email`, `app_metadata.plan`, `identities[0].connection`.
    pub name: String,
    /// The column's name, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_as: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

impl ExportFormat {
    /// The name on the wire, and the ending of the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// What stands before the users, if anything.
    #[must_use]
    pub fn head(self, columns: &[Column]) -> String {
        match self {
            Self::Json => String::new(),
            Self::Csv => csv_line(columns.iter().map(|column| column.name.clone())),
        }
    }

    /// One user, with the end of the line.
    #[must_use]
    pub fn line(self, columns: &[Column], user: &Value) -> String {
        match self {
            Self::Json => {
                let found = columns
                    .iter()
                    .filter_map(|column| Some((column.name.clone(), column.find(user)?.clone())));
                let line: Map<String, Value> = found.collect();
                format!("{}\n", Value::Object(line))
            }
            Self::Csv => csv_line(columns.iter().map(|column| match column.find(user) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            })),
        }
    }
}

/// RFC 4180 section 2: every cell in quotes. A cell that a spreadsheet would take for a formula
/// begins with an apostrophe (ADM-11).
fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells
        .map(|cell| {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let mark = if formula { "'" } else { "" };
            format!("\"{mark}{}\"", cell.replace('"', "\"\""))
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}

impl Column {
    fn of(path: &str, name: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for segment in path.split('.') {
            let mut parts = segment.split('[');
            let member = parts.next().filter(|member| !member.is_empty())?;
            steps.push(Step::Member(member.to_owned()));
            for part in parts {
                steps.push(Step::Item(part.strip_suffix(']')?.parse().ok()?));
            }
        }
        let name = name.to_owned();
        Some(Self { name, steps })
    }

    fn find<'a>(&self, user: &'a Value) -> Option<&'a Value> {
        self.steps.iter().try_fold(user, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(number) => value.get(number),
        })
    }
}

impl UsersExport {
    /// The name on the wire and in the database.
    pub const KIND: &str = "users_export";

    /// The columns of the file.
    ///
    /// # Errors
    /// When there are too many, or one of them is no path or has no name.
    pub fn columns(&self) -> Result<Vec<Column>, Refusal> {
        if self.fields.len() > FIELDS_MAX {
            let refusal = Refusal::new("invalid_body", "Array is too long on property fields");
            let refusal = refusal.expected(format!("at most {FIELDS_MAX} fields"));
            return Err(refusal.actual(&self.fields.len().to_string()));
        }
        if self.fields.is_empty() {
            let columns = COLUMNS.iter();
            return Ok(columns
                .filter_map(|(path, name)| Column::of(path, name))
                .collect());
        }
        let mut columns: Vec<Column> = Vec::new();
        for field in &self.fields {
            let name = field.export_as.as_ref().unwrap_or(&field.name);
            let short = |text: &str| (1..=NAME_MAX).contains(&text.chars().count());
            let fits = short(&field.name) && short(name);
            let column = Column::of(&field.name, name).filter(|_| fits);
            let column = column.ok_or_else(|| {
                let shown: String = field.name.chars().take(80).collect();
                Refusal::new("invalid_body", "Not a member of a user on property fields")
                    .expected("a path such as email, app_metadata.plan, identities[0].connection")
                    .actual(&shown)
            })?;
            if columns.iter().any(|known| known.name == column.name) {
                let cause = format!("Two columns are called {}", column.name);
                return Err(Refusal::new("invalid_body", cause).remedy("Give one an export_as."));
            }
            columns.push(column);
        }
        Ok(columns)
    }

    pub(super) fn show(&self, view: &mut Map<String, Value>) {
        if let Some(id) = &self.connection_id {
            view.insert("connection_id".into(), json!(id));
        }
        view.insert("format".into(), self.format.as_str().into());
        if let Some(limit) = self.limit {
            view.insert("limit".into(), limit.into());
        }
        if !self.fields.is_empty() {
            view.insert("fields".into(), json!(self.fields));
        }
    }
}
