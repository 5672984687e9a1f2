//! The command line: what `aldgate --help` shows.

mod config;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use config::{Api, Apply, Export, Import, ImportAuth0, Server, Users, UsersImport};

/// The identity platform you run yourself and already know how to use.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "aldgate",
    version,
    about,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Configuration file (TOML). Every key also as `ALDGATE_SECTION__KEY`.
    #[arg(long, global = true, value_name = "FILE", env = "ALDGATE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Where keys, the SQLite database and mails of development are kept.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "ALDGATE_DATA",
        default_value = "data"
    )]
    pub(crate) data: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine, with a demo to walk through
    Dev(Dev),
    /// Run the server
    Serve(Serve),
    /// Credentials for scripts and tools that use the Management API
    #[command(subcommand)]
    Credentials(Credentials),
    /// People who administer a tenant
    #[command(subcommand)]
    Admin(Admin),
    /// Tenants: one issuer each
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Signing keys
    #[command(subcommand)]
    Key(Key),
    /// Bring a tenant to the state that files describe
    Apply(Apply),
    /// Write a tenant's state as files that `apply` and auth0-deploy-cli read
    Export(Export),
    /// Take what another identity service exported
    #[command(subcommand)]
    Import(Import),
    /// Call the Management API
    Api(Api),
    /// Users in bulk
    #[command(subcommand)]
    Users(Users),
    /// Tokens
    #[command(subcommand)]
    Token(Token),
    /// Actions: custom claims and decisions in JavaScript
    #[command(subcommand)]
    Actions(Actions),
    /// Run actions for another process; started by the server itself
    #[command(hide = true)]
    ActionWorker,
    /// The tenant log
    #[command(subcommand)]
    Logs(Logs),
    /// Write a consistent copy of the database while it is in use (SQLite)
    Backup(BackupFile),
    /// Put a copy back; sessions and refresh tokens from before it stop working
    Restore(Restore),
    /// Bring the database schema up to date
    Migrate(Migrate),
    /// Check configuration, database, clock, keys and reachability
    Doctor(Json),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Dev {
    /// Port of the server; demo API, demo application and fake Google are at the next three
    #[arg(long, default_value_t = aldgate_app::config::DEFAULT_PORT, value_name = "PORT")]
    pub(crate) port: u16,
    /// Serve https with a certificate from a local authority made once under the data directory
    #[arg(long)]
    pub(crate) https: bool,
    /// Start from nothing in a temporary directory that is removed at the end
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Neither demo API nor demo application nor fake Google
    #[arg(long)]
    pub(crate) no_demo: bool,
    /// Log in with the real Google: the client id from its console
    #[arg(
        long,
        env = "ALDGATE_GOOGLE_CLIENT_ID",
        value_name = "ID",
        requires = "google_client_secret"
    )]
    pub(crate) google_client_id: Option<String>,
    /// The client secret beside it
    #[arg(
        long,
        env = "ALDGATE_GOOGLE_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub(crate) google_client_secret: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Do not bring the database schema up to date first; refuse to start if it is behind
    #[arg(long)]
    pub(crate) no_migrate: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct TenantArg {
    /// The tenant
    #[arg(long, default_value = "default", value_name = "T")]
    pub(crate) tenant: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Json {
    /// JSON on stdout, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Credentials {
    /// Create an application with a client grant for the Management API; JSON on stdout
    Create {
        /// Name of the application
        #[arg(long)]
        name: String,
        #[command(flatten)]
        tenant: TenantArg,
        /// Scopes of the Management API, or `all`
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "all",
            value_name = "a,b|all"
        )]
        scopes: Vec<String>,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Actions {
    /// Run an action once, in the sandbox that the server uses: what it asks for, and the tokens
    Test(ActionsTest),
    /// Run the draft of an action over the last real logins that the tenant lets be kept
    Replay(ActionsReplay),
    /// Print the types of events and APIs, for editors (a .d.ts file)
    Types,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ActionsTest {
    /// The JavaScript or TypeScript file
    pub(crate) file: PathBuf,
    /// The event, as JSON; `event.secrets` are the action's secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,
    /// When it runs; by default what the file exports a function for
    #[arg(long, value_name = "TRIGGER")]
    pub(crate) trigger: Option<String>,
    #[command(flatten)]
    pub(crate) output: Json,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ActionsReplay {
    /// The action: its name, or its id
    pub(crate) action: String,
    /// How many of the last logins, at most 100
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) count: u32,
    /// Let the actions make requests; they may be seen elsewhere
    #[arg(long)]
    pub(crate) allow_requests: bool,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) output: Json,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Admin {
    /// Create a user with the administrator role, or give the role to one who exists
    Create {
        /// Her e-mail address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        tenant: TenantArg,
        /// Wait for the password on stdin; else one that is piped in at once, or made up
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        output: Json,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TenantCommand {
    /// Create a tenant
    Create {
        /// Short name: lower-case letters, digits and -
        name: String,
        /// Its issuer: scheme, host and port, with https beyond this machine
        #[arg(long, value_name = "URL")]
        issuer: String,
        #[command(flatten)]
        output: Json,
    },
    /// List the tenants
    List(Json),
    /// Delete a tenant and everything in it, for good
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Key {
    /// List the signing keys
    List {
        #[command(flatten)]
        tenant: TenantArg,
        #[command(flatten)]
        output: Json,
    },
    /// Let the next key sign from now on, and publish a new next one
    Rotate {
        #[command(flatten)]
        tenant: TenantArg,
        /// Also if the next key has not been published for long enough; caches may miss it
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        output: Json,
    },
    /// Take a key out of service at once; everything it signed stops working
    Revoke {
        /// Its `kid`
        kid: String,
        #[command(flatten)]
        tenant: TenantArg,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Token {
    /// Explain a token: what it is, whom it is for, and whether an API would accept it
    Explain {
        /// A token, an Authorization header or the output of `curl -v`; `-` reads stdin
        token: String,
        /// Identifier of the API that should accept it
        #[arg(long, value_name = "IDENTIFIER")]
        api: Option<String>,
        #[command(flatten)]
        tenant: TenantArg,
        #[command(flatten)]
        output: Json,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Logs {
    /// Print events as they happen
    Tail {
        #[command(flatten)]
        tenant: TenantArg,
        /// How many past events to show first
        #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
        lines: usize,
        /// Stop after the past events
        #[arg(long)]
        no_follow: bool,
        /// Only events with this support code
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        #[command(flatten)]
        output: Json,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BackupFile {
    /// The copy
    pub(crate) file: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Restore {
    /// The copy
    #[arg(required_unless_present = "after_postgres")]
    pub(crate) file: Option<PathBuf>,
    /// PostgreSQL's own tools restored already: only end the logins of the copy
    #[arg(long, conflicts_with_all = ["file", "keep_sessions"])]
    pub(crate) after_postgres: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Let sessions and refresh tokens of the copy work again
    #[arg(long)]
    pub(crate) keep_sessions: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Migrate {
    /// Show what is pending and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) output: Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
