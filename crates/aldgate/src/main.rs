//! The `aldgate` binary: the command line, and the wiring of everything into one server.

mod apply;
mod cli;
mod cmd;
mod context;
mod demo;
mod people;
mod remote;
mod server;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::{Cli, Command};

/// The command was understood and refused, or failed.
const FAILED: u8 = 1;

/// The command line itself is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            return if asked {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(USAGE)
            };
        }
    };
    // A worker of actions has nothing but its sandbox.
    if matches!(cli.command, Command::ActionWorker) {
        return match aldgate_actions::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        };
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            ui::note(&format!("aldgate: no threads: {error}"));
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(run(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let word = ui::paint(ui::stderr_is_terminal(), ui::RED, "aldgate:");
            ui::note(&format!("{word} {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Dev(args) => cmd::dev::run(cli, args).await,
        Command::Serve(args) => cmd::serve::run(cli, args).await,
        Command::Credentials(command) => cmd::credentials::run(cli, command).await,
        Command::Admin(command) => cmd::admin::run(cli, command).await,
        Command::Tenant(command) => cmd::tenant::run(cli, command).await,
        Command::Key(command) => cmd::key::run(cli, command).await,
        Command::Apply(args) => cmd::apply::apply(cli, args).await,
        Command::Export(args) => cmd::apply::export(cli, args).await,
        Command::Import(command) => cmd::import::run(cli, command).await,
        Command::Users(command) => cmd::users::run(cli, command).await,
        Command::Api(args) => cmd::api::run(cli, args).await,
        Command::Token(command) => cmd::token::run(cli, command).await,
        Command::Actions(command) => cmd::actions::run(cli, command).await,
        Command::ActionWorker => unreachable!("invariant: it never gets a runtime"),
        Command::Logs(command) => cmd::logs::run(cli, command).await,
        Command::Backup(args) => cmd::backup::backup(cli, args).await,
        Command::Restore(args) => cmd::backup::restore(cli, args).await,
        Command::Migrate(args) => cmd::migrate::run(cli, args).await,
        Command::Doctor(output) => cmd::doctor::run(cli, output).await,
    }
}
