//! Accounts of database users: the one way to make one, to set her password, to move her to
//! another address, and to mail her a ticket.
//!
//! Sign-up, the command line, configuration as code and the Management API all come through here,
//! so every check is made for all of them (ADM-03) and every credential event cuts access at once
//! (ACC-07).

mod create;
mod email;
mod link;
mod password;
mod registration;
mod ticket;

pub use create::{CreateUser, CreateUserError, Credential, create_user};
pub use email::{ChangeEmail, ChangeEmailError, change_email};
pub use link::{Linked, MovedLogin, become_primary, link_users};
pub use password::{
    HashedPassword, PasswordChange, SetPasswordError, change_password, hash_new_password,
    personal_words,
};
pub use registration::Registration;
pub use ticket::{MailedTicket, Post};
