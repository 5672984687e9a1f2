"""PyPI's auth0-python 6 against the Management API; see suites/auth0-python.test.mjs."""

import os

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
