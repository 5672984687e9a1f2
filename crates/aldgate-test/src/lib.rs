//! Dev only: the server in this process, with a clock that tests move, seeded randomness, a
//! browser, an outbox, and a world of applications and users.
//!
//! ```ignore
//! let server = TestServer::start(aldgate_auth::routes()).await;
//! let world = World::make(&server).await;
//! let mut browser = server.browser();
//! let page = browser.get(&server.url("authorize?client_id=…")).await;
//! ```
//!
//! `ALDGATE_TEST_DATABASE` names the engine: `sqlite` (the default), or a `postgres://` address.

mod browser;
mod html;
pub mod provider;
mod server;
mod transcript;
mod worker;
mod world;

pub use browser::{Browser, Form};
pub use server::START;
pub use server::{Reply, TestServer};
pub use transcript::transcript;
pub use worker::build_worker;
pub use world::{API, Client, PASSWORD, World};
