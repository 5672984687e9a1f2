//! The pages of roles.

use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn a_role_is_made_filled_given_and_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/roles/new").await;
    let page = admin.send("/roles/new", &[("name", "Administrator")]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text().contains("name-problem"), "{}", page.text());
    let new = [("name", "Reader"), ("description", "Reads things")];
    let page = admin.send("/roles/new", &new).await;
    assert!(
        page.text().contains("say what it permits"),
        "{}",
        page.text()
    );
    let path = admin.browser.url().path().to_owned();
    let own = path.strip_prefix("/dashboard").expect("a page");
    let own = own.strip_suffix("/permissions").expect("them").to_owned();
    admin
        .see(&format!(
            "{own}/permissions/add?api=https%3A%2F%2Fapi.test%2F"
        ))
        .await;
    let one = [("scope", "read:things")];
    let page = admin.send(&format!("{own}/permissions/add"), &one).await;
    assert!(
        page.text().contains("One permission was added."),
        "{}",
        page.text()
    );
    let members = format!("{own}/members");
    admin.see(&members).await;
    let page = admin
        .send(&members, &[("user", "nobody@example.com")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("user-problem") && page.text().contains("nobody@example.com"));
    let page = admin.send(&members, &[("user", "ada@example.com")]).await;
    assert!(page.text().contains("is a member now."), "{}", page.text());
    let question = admin.see(&format!("{own}/delete")).await;
    assert!(question.contains("1 user loses it"), "{question}");
    let ada = desk.world.ada.id.as_str().replace('|', "%7C");
    let remove = format!("{members}/{ada}/remove");
    admin.see(&remove).await;
    let page = admin.send(&remove, &[]).await;
    assert!(
        page.text().contains("is no member any more."),
        "{}",
        page.text()
    );
    let roles = format!("/users/{ada}/roles");
    admin.see(&roles).await;
    let id = own.rsplit('/').next().expect("an id");
    let page = admin.send(&roles, &[("role", id)]).await;
    assert!(
        page.text().contains("The role was given."),
        "{}",
        page.text()
    );
    let take = format!("{roles}/{id}/take");
    assert!(admin.see(&take).await.contains("Take the role Reader"));
    let page = admin.send(&take, &[]).await;
    assert!(page.text().contains("was taken away."), "{}", page.text());
    admin.see(&own).await;
    let page = admin.send(&own, &[("name", "Readers")]).await;
    assert!(
        page.text().contains("The role was saved."),
        "{}",
        page.text()
    );
    assert!(admin.see("/roles?q=readers").await.contains("1–1 of 1"));
    admin.see(&format!("{own}/delete")).await;
    let page = admin.send(&format!("{own}/delete"), &[]).await;
    assert!(page.text().contains("was deleted."), "{}", page.text());
}

#[tokio::test]
async fn adm_04_the_role_of_administrators_is_neither_renamed_nor_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let list = admin
        .see("/roles?q=Administrator")
        .await
        .replace("&#x2f;", "/");
    let at = list.find("/dashboard/roles/rol_").expect("the role");
    let rest = &list[at + "/dashboard".len()..];
    let own = rest[..rest.find('"').expect("its end")].to_owned();
    let page = admin.see(&own).await;
    assert!(!page.contains("Delete this role"), "{page}");
    assert_eq!(
        admin.open(&format!("{own}/delete")).await.status,
        StatusCode::NOT_FOUND
    );
    admin.see(&own).await;
    let page = admin.send(&own, &[("name", "Guests")]).await;
    assert!(page.status.is_client_error());
    assert!(page.text().contains("keeps its name"), "{}", page.text());
}
