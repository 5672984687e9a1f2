//! Every page and mail with every sample: for the tests and for the eyes.

use super::{
    Chrome, Consent, ErrorPage, ForgotPassword, FormPost, Login, LoginCode, LoginConfirm,
    LoginIdentifier, LoginPassword, LoginPasswordless, LogoutConfirm, Mail, MyAccount, MyDeletion,
    MyEmail, MyPassword, Notice, Outbox, OutboxMail, Page, PageError, ResetPassword, SignUp,
    TokenDoctor, Unblock, VerifyEmail, WebMessage, render, render_mail,
};

/// A rendered sample.
#[derive(Debug)]
pub struct Exhibit {
    /// Template and sample: `login.refused`.
    pub name: String,
    /// The HTML.
    pub html: Result<String, PageError>,
}

/// Renders every page and every mail with every sample.
pub fn gallery(chrome: &Chrome) -> Vec<Exhibit> {
    let mut exhibits = Vec::new();
    exhibits.extend(room::<Login>(chrome));
    exhibits.extend(room::<LoginIdentifier>(chrome));
    exhibits.extend(room::<LoginPassword>(chrome));
    exhibits.extend(room::<LoginPasswordless>(chrome));
    exhibits.extend(room::<LoginCode>(chrome));
    exhibits.extend(room::<LoginConfirm>(chrome));
    exhibits.extend(room::<MyAccount>(chrome));
    exhibits.extend(room::<MyPassword>(chrome));
    exhibits.extend(room::<MyEmail>(chrome));
    exhibits.extend(room::<MyDeletion>(chrome));
    exhibits.extend(room::<SignUp>(chrome));
    exhibits.extend(room::<ForgotPassword>(chrome));
    exhibits.extend(room::<ResetPassword>(chrome));
    exhibits.extend(room::<Unblock>(chrome));
    exhibits.extend(room::<VerifyEmail>(chrome));
    exhibits.extend(room::<LogoutConfirm>(chrome));
    exhibits.extend(room::<Consent>(chrome));
    exhibits.extend(room::<Notice>(chrome));
    exhibits.extend(room::<ErrorPage>(chrome));
    exhibits.extend(room::<FormPost>(chrome));
    exhibits.extend(room::<WebMessage>(chrome));
    exhibits.extend(room::<Outbox>(chrome));
    exhibits.extend(room::<OutboxMail>(chrome));
    exhibits.extend(room::<TokenDoctor>(chrome));
    for (sample, mail) in Mail::samples() {
        let html = render_mail(&mail, chrome).map(|mail| mail.html);
        exhibits.push(Exhibit {
            name: format!("mail.{sample}"),
            html,
        });
    }
    exhibits
}

fn room<P: Page>(chrome: &Chrome) -> Vec<Exhibit> {
    let page = P::TEMPLATE.trim_end_matches(".html");
    P::samples()
        .into_iter()
        .map(|(sample, context)| Exhibit {
            name: format!("{page}.{sample}"),
            html: render(&context, chrome),
        })
        .collect()
}
