//! A test mail: sent at once by whoever carries the tenant's mail now, so that administrators see
//! what its server answers.

use std::time::Duration;

use aldgate_core::tenant::Tenant;

use super::OutgoingMail;
use super::transport::{MailError, Taken};
use crate::app::App;
use crate::page::{Chrome, Mail, MailKind, render_mail};

/// Somebody waits for the answer: less than for mails of the queue.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a test mail.
#[derive(Debug)]
pub struct TestMail {
    /// Who carried it: `smtp.example.com:587`; `None`: the server's own transport.
    pub via: Option<String>,
    /// Whom it came from; empty where that could not be told.
    pub from: String,
    /// The server's answer, or what failed.
    pub outcome: Result<Taken, MailError>,
}

impl App {
    /// Sends a test mail to an address, by the provider that counts now.
    pub async fn send_test_mail(&self, tenant: &Tenant, to: &str, chrome: &Chrome) -> TestMail {
        let mut test = TestMail {
            via: None,
            from: String::new(),
            outcome: Ok(Taken::Kept),
        };
        let sending = self.try_mail(tenant, to, chrome, &mut test);
        test.outcome = match tokio::time::timeout(PATIENCE, sending).await {
            Ok(outcome) => outcome,
            Err(_) => Err(MailError::Silent(PATIENCE)),
        };
        test
    }

    async fn try_mail(
        &self,
        tenant: &Tenant,
        to: &str,
        chrome: &Chrome,
        test: &mut TestMail,
    ) -> Result<Taken, MailError> {
        let mailer = match self.mail_provider(&tenant.id).await? {
            None => self.mailer.clone(),
            Some(provider) => {
                let smtp = self.smtp(&tenant.id, &provider)?;
                test.via = Some(format!("{}:{}", smtp.host, smtp.port));
                let from = provider.default_from_address.as_deref();
                self.mailer_of(&smtp, from).await?
            }
        };
        test.from = mailer.sender();
        let mail = render_mail(&Mail::new(MailKind::Test, to), chrome)?;
        mailer.send(&OutgoingMail::new(to, mail), self.now()).await
    }
}
