//! Configuration as code on the command line: `api`, `apply`, `export`, `import`, `users`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Json, TenantArg};

#[derive(Debug, Clone, Args)]
pub(crate) struct Apply {
    /// A YAML file, or a directory, in the layouts of auth0-deploy-cli
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    /// Show the plan and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Delete what the files do not name; users, and connections that hold them, never
    #[arg(long)]
    pub(crate) allow_delete: bool,
    /// Send secrets too that cannot be compared with what is stored
    #[arg(long)]
    pub(crate) secrets: bool,
    #[command(flatten)]
    pub(crate) keywords: Keywords,
    #[command(flatten)]
    pub(crate) output: Json,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Keywords {
    /// A JSON file with AUTH0_KEYWORD_REPLACE_MAPPINGS, as auth0-deploy-cli's config.json
    #[arg(long = "keywords", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Export {
    /// A directory, or a file that ends in .yaml or .yml
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    /// Write the ids of applications too, so that another tenant can give them the same
    #[arg(long)]
    pub(crate) identifiers: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Import {
    /// Take an export of auth0-deploy-cli, and report what fits and what does not
    Auth0(ImportAuth0),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ImportAuth0 {
    /// The directory or YAML file that `a0deploy export` wrote
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    /// Report and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) keywords: Keywords,
    #[command(flatten)]
    pub(crate) output: Json,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Api {
    /// GET, POST, PATCH, PUT or DELETE
    pub(crate) method: String,
    /// Path after /api/v2/, with its query
    pub(crate) path: String,
    /// The body as JSON; `-` reads stdin
    #[arg(value_name = "JSON|-")]
    pub(crate) body: Option<String>,
    /// Work on the database directly, without a server
    #[arg(long)]
    pub(crate) local: bool,
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// A running server, and credentials for it. What is left out comes from `DATA/dev.json`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// The server: a host with its port, or a URL
    #[arg(long, value_name = "DOMAIN", env = "ALDGATE_DOMAIN")]
    pub(crate) domain: Option<String>,
    /// An application with a client grant for the Management API
    #[arg(long, value_name = "ID", env = "ALDGATE_CLIENT_ID")]
    pub(crate) client_id: Option<String>,
    /// Its secret; better by the variable than by the flag
    #[arg(
        long,
        value_name = "SECRET",
        env = "ALDGATE_CLIENT_SECRET",
        hide_env_values = true
    )]
    pub(crate) client_secret: Option<String>,
    /// Identifier of the Management API, where it is not DOMAIN/api/v2/
    #[arg(long, value_name = "IDENTIFIER", env = "ALDGATE_AUDIENCE")]
    pub(crate) audience: Option<String>,
    /// Certificate of the authority that signed the server's
    #[arg(long, value_name = "FILE", env = "ALDGATE_CA")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Users {
    /// Import users, with their password hashes; an interrupted import goes on where it was
    Import(UsersImport),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct UsersImport {
    /// A JSON list, or an object a line, as Auth0 imports and exports them; gzip too
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    /// The database connection, unless it is the tenant's default
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Update users who are there already instead of refusing them
    #[arg(long)]
    pub(crate) upsert: bool,
    /// Where to write what is refused [default: FILE.errors.ndjson]
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Json,
}
