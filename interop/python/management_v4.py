"""PyPI's auth0-python 4 against the Management API; see suites/auth0-python.test.mjs."""

import gzip
import json
import os
import time

import requests
from auth0.authentication import GetToken
from auth0.exceptions import Auth0Error
from auth0.management import Auth0

domain = os.environ["DOMAIN"]
get_token = GetToken(domain, os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
token = get_token.client_credentials(f"https://{domain}/api/v2/")["access_token"]
auth0 = Auth0(domain, token)


def life(name, resource, key, create, update):
    """Creates, reads, lists, changes and deletes one of a kind."""
    made = getattr(resource, create[0])(create[1])
    assert resource.get(made[key])[key] == made[key], name
    getattr(resource, "update")(made[key], update)
    resource.delete(made[key])
    try:
        resource.get(made[key])
    except Auth0Error as error:
        assert error.status_code == 404, error
    else:
        raise AssertionError(f"{name} is still there")
    print(name, "created, read, changed, deleted", flush=True)


life(
    "client",
    auth0.clients,
    "client_id",
    ("create", {"name": "Interop", "app_type": "regular_web"}),
    {"name": "Interop 2"},
)
life(
    "resource server",
    auth0.resource_servers,
    "id",
    ("create", {"identifier": "https://interop.example/", "name": "Interop"}),
    {"token_lifetime": 600},
)
life("role", auth0.roles, "id", ("create", {"name": "interop"}), {"description": "A role"})
life(
    "connection",
    auth0.connections,
    "id",
    ("create", {"name": "Interop-Users", "strategy": "auth0"}),
    {"options": {"disable_signup": True}},
)
life(
    "user",
    auth0.users,
    "user_id",
    (
        "create",
        {
            "connection": "Username-Password-Authentication",
            "email": "interop@example.com",
            "password": "correct horse battery 7 staple",
        },
    ),
    {"user_metadata": {"color": "blue"}},
)

assert auth0.clients.all(page=0, per_page=1)[0]["client_id"]
assert auth0.users.list(page=0, per_page=5)["total"] >= 2
assert len(auth0.users_by_email.search_users_by_email("ada@example.com")) == 1
print("lists", flush=True)

assert auth0.tenants.update({"friendly_name": "Interop"})["friendly_name"] == "Interop"
assert auth0.tenants.get()["friendly_name"] == "Interop"
assert auth0.branding.update({"colors": {"primary": "#112233"}})["colors"]["primary"]
brakes = auth0.attack_protection.update_brute_force_protection({"max_attempts": 5})
assert brakes["max_attempts"] == 5
assert auth0.prompts.update_custom_text("login", "en", {"login": {"title": "Hi"}})
assert auth0.guardian.all_factors()
assert auth0.rules.all() == []
code = "exports.onExecutePostLogin = async (event, api) => { api.accessToken.addScope('a'); };"
post_login = [{"id": "post-login", "version": "v3"}]
wanted = {"name": "Python", "supported_triggers": post_login, "code": code}
action = auth0.actions.create_action(wanted)
assert auth0.actions.deploy_action(action["id"])["number"] == 1
binding = {"ref": {"type": "action_name", "value": "Python"}, "display_name": "Python"}
bound = auth0.actions.update_trigger_bindings("post-login", {"bindings": [binding]})
assert bound["bindings"][0]["action"]["id"] == action["id"]
assert "Python" in [one["name"] for one in auth0.actions.get_actions(deployed=True)["actions"]]
auth0.actions.delete_action(action["id"], force=True)
assert auth0.logs.search(per_page=5)
smtp = {"smtp_host": "smtp.example.com", "smtp_port": 587, "smtp_user": "u", "smtp_pass": "p"}
auth0.emails.config({"name": "smtp", "credentials": smtp})
assert auth0.emails.get()["name"] == "smtp"
print("settings, branding, attack protection, prompts, mail", flush=True)


def over(job):
    """Waits until a job is over."""
    for _ in range(100):
        seen = auth0.jobs.get(job["id"])
        if seen["status"] in ("completed", "failed"):
            return seen
        time.sleep(0.2)
    raise AssertionError(f"{job} is not over")


ada = auth0.users_by_email.search_users_by_email("ada@example.com")[0]["user_id"]
assert "/u/reset-verify?ticket=" in auth0.tickets.create_pswd_change({"user_id": ada})["ticket"]
assert "ticket=" in auth0.tickets.create_email_verification({"user_id": ada})["ticket"]
assert over(auth0.jobs.send_verification_email({"user_id": ada}))["status"] == "completed"
connection = auth0.connections.all(strategy="auth0")[0]["id"]
users = [{"email": "imported@example.com"}, {"email": "no address"}]
file = ("users.json", json.dumps(users), "application/json")
taken = over(auth0.jobs.import_users(connection, file, upsert=True, send_completion_email=False))
assert taken["summary"] == {"failed": 1, "updated": 0, "inserted": 1, "total": 2}, taken
assert auth0.jobs.get_failed_job(taken["id"])[0]["user"]["email"] == "no address"
made = over(auth0.jobs.export_users({"connection_id": connection, "format": "csv"}))
text = gzip.decompress(requests.get(made["location"], timeout=10).content).decode()
assert "imported@example.com" in text
print("tickets, jobs: import, export, verification mail", flush=True)
