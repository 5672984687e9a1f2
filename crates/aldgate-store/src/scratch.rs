//! Databases for tests: fresh, private to one test, gone afterwards.
//!
//! `ALDGATE_TEST_DATABASE` names the engine: `sqlite` (the default) or a `postgres://…` address of
//! a database in which the tests may create schemas.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::StoreError;
use crate::postgres::{administer, dump};
use crate::store::{Durability, Store, StoreOptions};
use crate::url::DatabaseUrl;

/// A database that lives as long as this value.
pub struct Scratch {
    url: DatabaseUrl,
    cleanup: Cleanup,
}

enum Cleanup {
    Directory(PathBuf),
    Schema { server: String, name: String },
}

impl Scratch {
    /// Makes an empty database on the engine that the environment names.
    ///
    /// # Panics
    /// When the database cannot be made: there is nothing to test then.
    #[must_use]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aldgate_test_{}_{number}", std::process::id());
        match engine() {
            Some(server) if server.starts_with("postgres") => Self::schema(server, name),
            _ => Self::directory(&name),
        }
    }

    /// The address, for a second store or another process.
    #[must_use]
    pub const fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The address as text, as a configuration would have it.
    #[must_use]
    pub fn url_text(&self) -> String {
        match &self.cleanup {
            Cleanup::Directory(_) => self.url.to_string(),
            Cleanup::Schema { server, name } => in_schema(server, name),
        }
    }

    /// Opens a store on it and brings the schema up to date. Commits do not wait for the disk.
    ///
    /// # Errors
    /// As [`Store::open`] and [`Store::migrate`].
    pub async fn open(&self) -> Result<Store, StoreError> {
        let store = Store::open_with(&self.url, Self::options()).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Everything that the database holds: the bytes of its files, or every row as text.
    ///
    /// # Panics
    /// When it cannot be read: there is nothing to test then.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        match &self.cleanup {
            Cleanup::Directory(directory) => {
                let files = std::fs::read_dir(directory).expect("the directory is there");
                files
                    .map(|file| std::fs::read(file.expect("an entry").path()).expect("readable"))
                    .collect::<Vec<_>>()
                    .concat()
            }
            Cleanup::Schema { .. } => dump(&self.url_text()).expect("the database answers"),
        }
    }

    /// The options that [`Scratch::open`] uses: few connections, no waiting for the disk.
    #[must_use]
    pub fn options() -> StoreOptions {
        let durability = Durability::Memory;
        StoreOptions {
            postgres_connections: 4,
            durability,
            ..StoreOptions::default()
        }
    }

    fn directory(name: &str) -> Self {
        let directory = std::env::temp_dir().join(name);
        // Left over from a process with the same number that was killed.
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(&directory).expect("the directory for temporary files is writable");
        let url = DatabaseUrl::sqlite(directory.join("aldgate.db"));
        Self {
            url,
            cleanup: Cleanup::Directory(directory),
        }
    }

    fn schema(server: String, name: String) -> Self {
        let text = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        administer(&server, &text).expect("ALDGATE_TEST_DATABASE lets us create schemas");
        let url = DatabaseUrl::parse(&in_schema(&server, &name)).expect("checked by administer");
        Self {
            url,
            cleanup: Cleanup::Schema { server, name },
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the operator of the tests.
        match &self.cleanup {
            Cleanup::Directory(directory) => drop(std::fs::remove_dir_all(directory)),
            Cleanup::Schema { server, name } => {
                drop(administer(
                    server,
                    &format!("DROP SCHEMA IF EXISTS {name} CASCADE"),
                ));
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration to pass this in"
)]
fn engine() -> Option<String> {
    std::env::var("ALDGATE_TEST_DATABASE").ok()
}

fn in_schema(server: &str, name: &str) -> String {
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}options=-csearch_path%3D{name}")
}
