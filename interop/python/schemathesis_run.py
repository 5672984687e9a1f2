"""Runs schemathesis, seeded and bounded; see suites/schemathesis.test.mjs."""

import json
import os
import ssl
import subprocess
import sys
import urllib.request

issuer = os.environ["ISSUER"]
request = urllib.request.Request(
    f"{issuer}oauth/token",
    data=json.dumps(
        {
            "grant_type": "client_credentials",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "audience": f"{issuer}api/v2/",
        }
    ).encode(),
    headers={"content-type": "application/json"},
)
trusted = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
with urllib.request.urlopen(request, context=trusted) as answer:
    token = json.load(answer)["access_token"]

# Deleting or rotating what the run itself stands on would end it: its application, the Management
# API, the keys that signed its token.
spared = "^/(clients|client-grants|resource-servers|keys/signing)/\\{|^/keys/signing/rotate"
checks = "not_a_server_error,response_schema_conformance,status_code_conformance"
command = [
    os.path.join(os.path.dirname(sys.executable), "schemathesis"),
    "run",
    f"{issuer}api/v2/openapi.json",
    "--header",
    f"Authorization: Bearer {token}",
    "--tls-verify",
    os.environ["SSL_CERT_FILE"],
    "--checks",
    checks,
    "--phases",
    "examples,coverage,fuzzing",
    "--exclude-path-regex",
    spared,
    "--max-examples",
    os.environ.get("EXAMPLES", "3"),
    "--seed",
    "1",
    "--workers",
    "2",
    "--generation-database",
    "none",
    "--no-color",
]
sys.exit(subprocess.run(command, check=False).returncode)
