//! Back-channel logout: applications are told that a session ended. Durable, tried again for hours,
//! and given up in the end (OpenID Connect Back-Channel Logout 1.0).

use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{EventId, JobId};
use aldgate_core::logout::backchannel::{self, Ended, Notice};
use aldgate_core::time::Seconds;
use aldgate_store::{ENDED_SESSION, StoreError, StoredJob, Tx};
use url::Url;

use crate::app::App;
use crate::outbound::Fetched;

const NOTICE: &str = "logout_notice";
const BATCH: u32 = 50;
/// A node that dies meanwhile gives a job back after so long.
const CLAIM: Seconds = Seconds::minutes(5);
/// After the last try nobody is told any more: by then half a day has passed.
const TRIES_MAX: u32 = 10;
/// The most bytes of an application's answer that are read.
const ANSWER_MAX: usize = 4 << 10;

/// How telling one application went.
enum Told {
    Yes,
    /// It refuses the token; another one would be no better.
    Refused(String),
    /// It may go better later.
    NotNow(String),
}

impl App {
    /// Tells the applications of sessions that ended; says how many were told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_logouts(&self) -> Result<usize, StoreError> {
        for job in self.claim(ENDED_SESSION).await? {
            self.spread(job).await?;
        }
        let mut told = 0;
        for job in self.claim(NOTICE).await? {
            told += usize::from(self.deliver_notice(job).await?);
        }
        Ok(told)
    }

    async fn claim(&self, kind: &'static str) -> Result<Vec<StoredJob>, StoreError> {
        let now = self.now();
        let claim = move |system: &mut aldgate_store::SystemTx<'_>| {
            system.job_queue().claim(kind, now, now + CLAIM, BATCH)
        };
        self.store.write_system(claim).await
    }

    /// Makes a job for each address that wants to know of a session.
    async fn spread(&self, job: StoredJob) -> Result<(), StoreError> {
        let tenant = job.tenant.clone();
        let mut notices: Vec<(JobId, Notice)> = Vec::new();
        if let Ok(Ended { initiator, session }) = job.document::<Ended>() {
            for client_id in &session.clients {
                let Some(application) = self.application(&tenant, client_id).await? else {
                    continue;
                };
                for url in backchannel::addresses(&application, initiator) {
                    let notice = Notice {
                        client_id: client_id.clone(),
                        url,
                        user_id: session.user_id.to_string(),
                        session_id: session.id.to_string(),
                    };
                    notices.push((JobId::generate(&mut self.rng()), notice));
                }
            }
        }
        let now = self.now();
        let work = move |tx: &mut Tx<'_>| {
            for (id, notice) in &notices {
                tx.jobs().enqueue(id, NOTICE, notice, now)?;
            }
            tx.jobs().finish(&job)
        };
        self.store.write(&tenant, work).await
    }

    async fn deliver_notice(&self, job: StoredJob) -> Result<bool, StoreError> {
        let tenant = job.tenant.clone();
        let Ok(notice) = job.document::<Notice>() else {
            return self.settle(job, None).await.map(|()| false);
        };
        let outcome = self.tell(&job, &notice).await?;
        let now = self.now();
        match outcome {
            Told::Yes => {
                let event = self.told_event(EventType::BackchannelLogout, &notice, "");
                self.settle(job, Some(event)).await.map(|()| true)
            }
            Told::NotNow(why) if job.attempts < TRIES_MAX => {
                tracing::warn!(why, attempt = job.attempts, "an application is told again");
                let wait = Seconds(30 << job.attempts.min(10));
                let retry = move |tx: &mut Tx<'_>| tx.jobs().retry(&job, now + wait, now);
                self.store.write(&tenant, retry).await.map(|_| false)
            }
            Told::NotNow(why) | Told::Refused(why) => {
                let event = self.told_event(EventType::FailedBackchannelLogout, &notice, &why);
                self.settle(job, Some(event)).await.map(|()| false)
            }
        }
    }

    async fn settle(&self, job: StoredJob, event: Option<Event>) -> Result<(), StoreError> {
        let tenant = job.tenant.clone();
        let work = move |tx: &mut Tx<'_>| {
            tx.jobs().finish(&job)?;
            match &event {
                Some(event) => tx.events().record(std::slice::from_ref(event)),
                None => Ok(()),
            }
        };
        self.store.write(&tenant, work).await
    }

    /// Posts a fresh logout token (section 2.5).
    async fn tell(&self, job: &StoredJob, notice: &Notice) -> Result<Told, StoreError> {
        let Some(tenant) = self.tenant(&job.tenant).await? else {
            return Ok(Told::Refused("the tenant was deleted".into()));
        };
        let application = self.application(&job.tenant, &notice.client_id).await?;
        let Some(application) = application.filter(|application| !application.disabled) else {
            return Ok(Told::Refused(
                "the application was deleted or disabled".into(),
            ));
        };
        let Ok(url) = Url::parse(&notice.url) else {
            return Ok(Told::Refused("the address is no URL".into()));
        };
        let key = match self.id_token_signer(&tenant, &application).await {
            Ok(key) => key,
            Err(error) => return Ok(Told::NotNow(error.description.to_string())),
        };
        let claims = backchannel::claims(&tenant.issuer, notice, self.now(), &mut self.rng());
        let token = self.keys.sign(&key, backchannel::TYP, claims).await;
        let form = [("logout_token", token.as_str())];
        Ok(
            match self.outbound.post_form(&url, &form, ANSWER_MAX).await {
                // Section 2.8; 501 and the like can get better, 400 is the application's refusal.
                Ok(Fetched {
                    status: 200..=299, ..
                }) => Told::Yes,
                Ok(Fetched { status: 400, .. }) => Told::Refused("it answered 400".into()),
                Ok(Fetched { status, .. }) => Told::NotNow(format!("it answered {status}")),
                Err(error) => Told::NotNow(error.to_string()),
            },
        )
    }

    fn told_event(&self, kind: EventType, notice: &Notice, why: &str) -> Event {
        let now = self.now();
        let mut event = Event::new(EventId::at(now, &mut self.rng()), kind, now);
        event.client_id = Some(notice.client_id.clone());
        event.user_id = notice.user_id.parse().ok();
        event.description = why.to_owned();
        event.detail = serde_json::json!({"url": notice.url, "sid": notice.session_id});
        event
    }
}
