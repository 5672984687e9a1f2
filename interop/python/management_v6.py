"""PyPI's auth0-python 6 against the Management API; see suites/auth0-python.test.mjs."""

import gzip
import json
import os
import ssl
import time
import urllib.request

from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError

auth0 = ManagementClient(
    domain=os.environ["DOMAIN"],
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
)


def life(name, resource, key, create, update):
    """Creates, reads, lists, changes and deletes one of a kind."""
    identifier = getattr(resource.create(**create), key)
    assert getattr(resource.get(identifier), key) == identifier, name
    assert any(getattr(one, key) == identifier for one in resource.list()), name
    resource.update(identifier, **update)
    resource.delete(identifier)
    try:
        resource.get(identifier)
    except ApiError as error:
        assert error.status_code == 404, error
    else:
        raise AssertionError(f"{name} is still there")
    print(name, "created, read, listed, changed, deleted", flush=True)


life(
    "client",
    auth0.clients,
    "client_id",
    {"name": "Interop", "app_type": "regular_web"},
    {"name": "Interop 2"},
)
life(
    "resource server",
    auth0.resource_servers,
    "id",
    {"identifier": "https://interop.example/", "name": "Interop"},
    {"token_lifetime": 600},
)
life("role", auth0.roles, "id", {"name": "interop"}, {"description": "A role"})
life(
    "connection",
    auth0.connections,
    "id",
    {"name": "Interop-Users", "strategy": "auth0"},
    {"options": {"disable_signup": True}},
)
life(
    "user",
    auth0.users,
    "user_id",
    {
        "connection": "Username-Password-Authentication",
        "email": "interop@example.com",
        "password": "correct horse battery 7 staple",
    },
    {"user_metadata": {"color": "blue"}},
)

assert auth0.tenants.settings.update(friendly_name="Interop").friendly_name == "Interop"
assert auth0.keys.signing.list()[0].cert
assert auth0.attack_protection.brute_force_protection.update(max_attempts=5).max_attempts == 5
assert auth0.guardian.factors.list()
code = "exports.onExecutePostLogin = async (event, api) => { api.accessToken.addScope('a'); };"
post_login = [{"id": "post-login", "version": "v3"}]
action = auth0.actions.create(name="Python", supported_triggers=post_login, code=code)
assert auth0.actions.deploy(action.id).number == 1
assert auth0.actions.get(action.id).all_changes_deployed
auth0.actions.delete(action.id, force=True)
assert list(auth0.logs.list(per_page=5))
assert list(auth0.client_grants.list())
print("settings, keys, attack protection, factors, logs, grants", flush=True)


def over(job):
    """Waits until a job is over."""
    for _ in range(100):
        seen = auth0.jobs.get(job.id)
        if seen.status in ("completed", "failed"):
            return seen
        time.sleep(0.2)
    raise AssertionError(f"{job} is not over")


ada = auth0.users.list_users_by_email(email="ada@example.com")[0].user_id
assert "/u/reset-verify?ticket=" in auth0.tickets.change_password(user_id=ada).ticket
assert "ticket=" in auth0.tickets.verify_email(user_id=ada).ticket
assert over(auth0.jobs.verification_email.create(user_id=ada)).status == "completed"
connection = next(iter(auth0.connections.list(strategy=["auth0"]))).id
users = [{"email": "imported@example.com"}, {"email": "no address"}]
file = ("users.json", json.dumps(users), "application/json")
job = auth0.jobs.users_imports.create(users=file, connection_id=connection, upsert=True)
taken = over(job)
assert (taken.summary.inserted, taken.summary.failed) == (1, 1), taken
assert auth0.jobs.errors.get(taken.id)[0].user["email"] == "no address"
made = over(auth0.jobs.users_exports.create(connection_id=connection, format="csv"))
trusted = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
with urllib.request.urlopen(made.location, context=trusted) as answer:
    assert "imported@example.com" in gzip.decompress(answer.read()).decode()
print("tickets, jobs: import, refusals, export, verification mail", flush=True)
