//! What logging in does: a fresh session for the browser, noted in the transaction (SES-01).

use aldgate_app::respond::see_other;
use aldgate_core::id::UserId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::session::{AuthenticationMethod, Device, Lifetimes, Login, Session};
use aldgate_core::transaction::Transaction;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;

use crate::visitor::{Fault, Visitor};

/// A user who just proved who she is.
pub(crate) struct Proof {
    /// Who.
    pub(crate) user_id: UserId,
    /// How.
    pub(crate) method: AuthenticationMethod,
}

/// Begins the session of `proof` within a transaction and sends the browser back to `/authorize`.
/// `None` when the transaction has ended meanwhile: then nothing has changed.
pub(crate) async fn log_in(
    visitor: &Visitor,
    handle: &str,
    transaction: &Transaction,
    proof: Proof,
) -> Result<Option<Response>, Fault> {
    let mut rng = visitor.app.rng();
    let value = TokenKind::Session.generate(&mut rng);
    let (fresh, retired) = (TokenHash::of(value.expose()), visitor.session());
    let Some(transaction_hash) = TokenKind::Transaction.hash(handle) else {
        return Ok(None);
    };
    let now = visitor.now;
    let login = login(visitor, proof);
    let lifetimes = Lifetimes::of(&visitor.tenant.settings);
    let locales = transaction.request.ui_locales.as_deref();
    let language = visitor.chrome(locales).await.locale.tag();
    let transaction = transaction.clone();
    let write = move |tx: &mut Tx<'_>| {
        let previous = match &retired {
            Some(hash) => tx.sessions().live(hash, now)?,
            None => None,
        };
        let left = previous.as_ref().map(|session| session.id.clone());
        let session = Session::begin(login.clone(), previous, lifetimes, now, &mut rng.clone());
        let noted = Transaction {
            logged_in: Some(session.id.clone()),
            ..transaction.clone()
        };
        if !tx.transactions().update(&transaction_hash, &noted, now)? {
            return Ok(None);
        }
        // Somebody else logs in here: the applications of who was here before are told.
        if let Some(left) = left.filter(|left| *left != session.id) {
            tx.logouts()
                .of_session(&left, Initiator::SessionRevoked, now)?;
        }
        tx.sessions().begin(&fresh, &session, retired.as_ref())?;
        tx.users().speak(&session.user_id, language)?;
        Ok::<_, StoreError>(Some(session))
    };
    let session = visitor.app.store.write(&visitor.tenant.id, write).await?;
    Ok(session.map(|session| {
        let back = format!("authorize/resume?state={handle}");
        let mut response = see_other(&visitor.tenant.issuer.join(&back));
        visitor.set_session(&mut response, value.expose(), &session);
        response
    }))
}

fn login(visitor: &Visitor, proof: Proof) -> Login {
    let (agent, address) = (
        visitor.caller.user_agent(),
        visitor.caller.address().to_string(),
    );
    Login {
        user_id: proof.user_id,
        methods: vec![proof.method],
        device: Device {
            initial_user_agent: agent.to_owned(),
            initial_ip: address.clone(),
            last_user_agent: agent.to_owned(),
            last_ip: address,
        },
    }
}
