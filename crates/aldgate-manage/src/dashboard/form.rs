//! Forms over the body of an operation: fields named as its members show an entity, read a
//! submission back into what changed, and are marked when the operation refuses one of them.
//!
//! ```ignore
//! fn form() -> Form {
//!     Form::new()
//!         .section("Basics", "")
//!         .field(text("name", "Name").required())
//!         .field(lines("callbacks", "Allowed callback URLs").hint("One on each line."))
//! }
//! // GET: show(&form().filled(&entity))
//! // POST: form().changes(&visit.form, &entity)? is the body to send, or the form with marks.
//! // Refused: show(&form().submitted(&visit.form).refused(&refused))
//! ```

mod read;
mod view;

pub(super) use view::Filled;

/// A form: sections of fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    sections: Vec<Section>,
}

#[derive(Clone, Debug)]
struct Section {
    title: &'static str,
    hint: String,
    fields: Vec<Field>,
}

/// One field: a member of the body, `jwt_configuration.alg` for one within another.
#[derive(Clone, Debug)]
pub(super) struct Field {
    name: &'static str,
    label: &'static str,
    hint: String,
    required: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// One line of text; the HTML type of the field.
    Text(&'static str),
    /// Several lines of one text.
    Long,
    /// A template or other source: several lines, letter for letter.
    Source,
    /// A list of texts, one on each line.
    Lines,
    /// A whole number and its unit.
    Number(&'static str),
    /// True or false.
    Flag,
    /// One of several.
    One(Vec<Choice>),
    /// Any of several: a list of texts. Others that the list has already stay in it.
    Many(Vec<Choice>),
    /// A JSON object.
    Json,
    /// A secret: never shown, not even the one that was just sent; on several lines or on one.
    Secret { long: bool },
}

/// One of several values.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    value: String,
    label: String,
    hint: String,
    warning: String,
}

/// One line of text.
pub(super) fn text(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Text("text"))
}

/// One line of text of an HTML type: `email`, `url`, `password`.
pub(super) fn text_of(kind: &'static str, name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Text(kind))
}

/// Several lines of one text.
pub(super) fn long(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Long)
}

/// A template or other source on many lines.
pub(super) fn source(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Source)
}

/// A list of texts, one on each line.
pub(super) fn lines(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Lines)
}

/// A whole number; `unit` stands behind it.
pub(super) fn number(name: &'static str, label: &'static str, unit: &'static str) -> Field {
    Field::new(name, label, Kind::Number(unit))
}

/// True or false.
pub(super) fn flag(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Flag)
}

/// One of several.
pub(super) fn one(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Field {
    Field::new(name, label, Kind::One(choices))
}

/// Any of several.
pub(super) fn many(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Field {
    Field::new(name, label, Kind::Many(choices))
}

/// A JSON object.
pub(super) fn json(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Json)
}

/// A secret on one line: what is stored is never shown, and stays if the field is left empty.
pub(super) fn secret(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Secret { long: false })
}

/// A secret on several lines, such as a key in PEM.
pub(super) fn long_secret(name: &'static str, label: &'static str) -> Field {
    Field::new(name, label, Kind::Secret { long: true })
}

/// One of several values, and what it is called.
pub(super) fn choice(value: impl Into<String>, label: impl Into<String>) -> Choice {
    Choice {
        value: value.into(),
        label: label.into(),
        hint: String::new(),
        warning: String::new(),
    }
}

impl Choice {
    /// What it means.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Why one should think twice.
    pub(super) fn warning(mut self, warning: impl Into<String>) -> Self {
        self.warning = warning.into();
        self
    }
}

impl Field {
    fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self {
            name,
            label,
            hint: String::new(),
            required: false,
            kind,
        }
    }

    /// What to write there, in a sentence.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// It must not be empty.
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl Form {
    /// A form without fields.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Begins a section; without a title its fields just follow.
    pub(super) fn section(mut self, title: &'static str, hint: impl Into<String>) -> Self {
        self.sections.push(Section {
            title,
            hint: hint.into(),
            fields: Vec::new(),
        });
        self
    }

    /// Adds a field to the last section.
    pub(super) fn field(mut self, field: Field) -> Self {
        if self.sections.is_empty() {
            self = self.section("", "");
        }
        if let Some(section) = self.sections.last_mut() {
            section.fields.push(field);
        }
        self
    }

    fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }
}
