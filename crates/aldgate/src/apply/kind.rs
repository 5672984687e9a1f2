//! The kinds of things that files can describe: one row each.
//!
//! A row says where a kind is in the files, which operations of the Management API reach it, and
//! what names one of it. A row whose operations the API does not have is not supported: nothing
//! else decides that.

mod names;
mod table;

pub(crate) use aldgate_app::page::custom_text::PROMPTS;
pub(crate) use names::LATER;
pub(crate) use table::KINDS;

/// One kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The section of the files, as auth0-deploy-cli calls it.
    pub(crate) section: &'static str,
    /// What people call one of it.
    pub(crate) label: &'static str,
    /// Where in the section it is.
    pub(crate) place: Place,
    /// How it is reached.
    pub(crate) access: Access,
    /// Members that together name one of it.
    pub(crate) key: &'static [&'static str],
    /// Members of the key that may be left out, with what they are then.
    pub(crate) defaults: &'static [(&'static str, &'static str)],
    /// Members that only the server sets: neither compared, nor sent, nor exported.
    pub(crate) read_only: &'static [&'static str],
    /// Members that the server does not show, or not all of: a part that it does not show is sent
    /// with the next change, never compared.
    pub(crate) write_only: &'static [&'static str],
    /// Lists whose order means nothing.
    pub(crate) sets: &'static [&'static str],
    /// Members that hold ids of applications, which files write as names.
    pub(crate) applications: &'static [&'static str],
    /// Whether `--allow-delete` may delete one.
    pub(crate) deletable: bool,
}

/// Where in a section the things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The section is a list of them.
    List,
    /// The section is the only one.
    Object,
    /// A member of the section is the only one.
    Member(&'static str),
    /// A member of the section is a list of them.
    ListIn(&'static str),
    /// The section without these members is the only one.
    Rest(&'static [&'static str]),
    /// A member of the section holds them by name.
    Map(&'static str),
    /// The section holds lists by name: each is the member of this name of one of them.
    Lists(&'static str),
    /// A member of the section holds them by two names: the key is `outer/inner`.
    MapOfMaps(&'static str),
}

/// How a kind is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Listed at `list`, created at `path`, changed and deleted at `path/{id}`.
    Collection {
        list: &'static str,
        path: &'static str,
        /// The member of an answer that holds the list; empty: the answer is the list.
        plural: &'static str,
        /// The member that is the id.
        id: &'static str,
    },
    /// There is one, at a known address.
    One(Route),
    /// One at an address for each name; `{0}` and `{1}` are the parts of the key.
    Each(Names, Route),
}

/// An address and what can be done there besides reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// Where it is read and changed.
    pub(crate) path: &'static str,
    /// `PATCH`, or `PUT`, which takes the whole.
    pub(crate) write: Write,
    /// Where one that is not there yet is posted to.
    pub(crate) create: Option<&'static str>,
    /// The member that holds what is no object on the wire.
    pub(crate) wrapped: Option<&'static str>,
    /// A member that is read by one name and sent by another.
    pub(crate) sent_as: Option<(&'static str, &'static str)>,
}

/// How a change is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// The members that change.
    Patch,
    /// Everything.
    Put,
}

/// Which names there are at [`Access::Each`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// These.
    Fixed(&'static [&'static str]),
    /// Those that a list shows, each with all its members.
    Listed(&'static str),
    /// The tenant's locales, each with every prompt.
    LocalesAndPrompts,
    /// Every prompt.
    Prompts,
}

impl Kind {
    /// The operation that creates one: method, path. `None`: it is always there.
    pub(crate) const fn create(&self) -> Option<(&'static str, &'static str)> {
        match self.access {
            Access::Collection { path, .. } => Some(("post", path)),
            Access::One(route) | Access::Each(_, route) => match route.create {
                Some(path) => Some(("post", path)),
                None => None,
            },
        }
    }

    /// The operation that changes one: method, path with braces.
    pub(crate) fn update(&self) -> (&'static str, String) {
        match self.access {
            Access::Collection { path, .. } => ("patch", format!("{path}/{{id}}")),
            Access::One(route) | Access::Each(_, route) => {
                let method = match route.write {
                    Write::Patch => "patch",
                    Write::Put => "put",
                };
                (method, route.path.to_owned())
            }
        }
    }

    /// What the members name, for instance `Shop → https://orders.example/`.
    pub(crate) const fn joint(&self) -> &'static str {
        match self.access {
            Access::Each(..) => "/",
            _ => " → ",
        }
    }

    /// Whether there can be only one.
    pub(crate) const fn single(&self) -> bool {
        matches!(self.access, Access::One(_))
    }
}
