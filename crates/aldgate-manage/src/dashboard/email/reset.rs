//! Back to the mail as shipped.

use axum::response::Response;

use super::template::{load, mail};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let (path, needed) = (
        "/email/templates/{name}/reset",
        "DELETE /email-templates/{templateName}",
    );
    vec![
        show(path, "Reset a mail template?", ask).needs(needed),
        act(path, "Reset a mail template", reset).needs(needed),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    if load(&visit, mail.name).await?.is_null() {
        return Err(Fault::NotFound);
    }
    let own = at("/email/templates/{}", &[mail.name]);
    let confirm = Confirm {
        action: href(&(own.clone() + "/reset")),
        question: format!("Forget your text of the mail “{}”?", mail.label),
        consequences: vec![
            "The mail is Aldgate's own again, in the language of whoever reads it.".to_owned(),
            "Your subject, sender and text are deleted.".to_owned(),
        ],
        button: "Forget my text".to_owned(),
        back: href(&own),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Reset a mail template")
        .under("E-mail", "/email")
        .under("Templates", "/email/templates")
        .under(mail.label, &own)
        .show(&confirm))
}

async fn reset(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    visit
        .delete(&at("/email-templates/{}", &[mail.name]))
        .await?;
    let own = at("/email/templates/{}", &[mail.name]);
    Ok(visit.go(&own, "The mail is Aldgate's own again."))
}
