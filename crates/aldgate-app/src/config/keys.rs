//! Every configuration key with its meaning: what the reference page is made from.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// What it sets, and its default.
    pub what: &'static str,
}

impl Key {
    /// The environment variable with the same meaning.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("ALDGATE_{}", self.name.replace('.', "__").to_uppercase())
    }
}

const fn key(name: &'static str, what: &'static str) -> Key {
    Key { name, what }
}

/// Every key there is, in the order of the reference.
pub const KEYS: &[Key] = &[
    key(
        "server.listen",
        "Address of the public listener. Default 127.0.0.1:4455.",
    ),
    key(
        "server.public_url",
        "Issuer of the default tenant and start of every absolute URL. \
         Default http(s)://localhost:PORT/.",
    ),
    key(
        "server.allow_insecure_http",
        "Accept an http public_url beyond localhost, for closed test networks. Default false.",
    ),
    key(
        "server.tls_cert",
        "PEM file with the certificate chain, the leaf first.",
    ),
    key("server.tls_key", "PEM file with the private key."),
    key(
        "server.trusted_proxies",
        "Networks of proxies whose X-Forwarded-For counts. Default none.",
    ),
    key(
        "server.connections_max",
        "Connections open at once. Default 10000.",
    ),
    key(
        "server.body_bytes_max",
        "Bytes of a request body. Default 65536.",
    ),
    key(
        "server.management_body_bytes_max",
        "Bytes of a request body of the Management API. Default 1048576.",
    ),
    key(
        "server.import_bytes_max",
        "Bytes of a file of users sent to /api/v2/jobs/users-imports. Default 33554432.",
    ),
    key(
        "server.header_timeout_seconds",
        "Time to send a request's head; on a kept connection up to twice that. Default 10.",
    ),
    key(
        "server.request_timeout_seconds",
        "Time to send a body, and time to answer a request. Default 30.",
    ),
    key(
        "server.idle_timeout_seconds",
        "Idle time until a connection is closed. Default 75.",
    ),
    key(
        "server.drain_timeout_seconds",
        "Time for running requests at shutdown. Default 20.",
    ),
    key(
        "server.authentication_rate",
        "Requests of one address to the Authentication API: 30/s, 100/min, 30/s burst 60, or none. \
         Default none.",
    ),
    key(
        "server.management_rate",
        "Requests of one application or user to the Management API, in the same form. \
         Default 100/s burst 200.",
    ),
    key(
        "server.token_doctor",
        "Whether the page /token-doctor explains tokens, in the browser. Default true.",
    ),
    key(
        "admin.listen",
        "Address of /healthz, /readyz and /metrics, or off. Default 127.0.0.1:4465.",
    ),
    key(
        "database.url",
        "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME. Default sqlite:DATA/aldgate.db.",
    ),
    key(
        "database.pool",
        "PostgreSQL connections, or SQLite readers, at most as many as cores. Default 8.",
    ),
    key(
        "mail.smtp_url",
        "smtps://USER:PASSWORD@HOST, or smtp://… with ?tls=required.",
    ),
    key(
        "mail.outbox_dir",
        "Directory that gets a file for each mail instead. Default DATA/outbox.",
    ),
    key("mail.from", "Sender. Default Aldgate <aldgate@localhost>."),
    key(
        "security.master_key_file",
        "File with the key that seals secrets at rest; made when missing. Default DATA/master.key.",
    ),
    key(
        "security.master_key",
        "The same key as a value: 32 bytes in base64url.",
    ),
    key(
        "security.previous_master_key_files",
        "Retired master keys that can still open what they sealed. Default none.",
    ),
    key(
        "security.key_rotation_days",
        "Days until the next signing key takes over; 0: by hand only. Default 90.",
    ),
    key(
        "security.argon2_memory_kib",
        "Memory of a password hash in KiB. Default 19456.",
    ),
    key(
        "security.argon2_iterations",
        "Passes of a password hash. Default 2.",
    ),
    key(
        "security.argon2_lanes",
        "Lanes of a password hash. Default 1.",
    ),
    key(
        "security.hashing_threads",
        "Threads that hash passwords. Default: cores.",
    ),
    key(
        "security.hashing_queue",
        "Passwords that may wait for a thread; beyond, 503. Default 16 a thread.",
    ),
    key("log.format", "text or json. Default text."),
    key(
        "log.level",
        "Filter as in info or aldgate_auth=debug,info. Default info.",
    ),
    key(
        "retention.log_days",
        "Days that events of the tenant log are kept. Default 30.",
    ),
    key(
        "retention.mail_days",
        "Days that mails which were given up, and files of mail.outbox_dir, are kept. Default 7.",
    ),
    key(
        "outbound.allow_cidrs",
        "Private networks that the server may fetch from. Default none.",
    ),
    key(
        "outbound.extra_ca",
        "PEM file with further certificate authorities.",
    ),
    key(
        "outbound.allow_http",
        "Fetch over plain HTTP, in tests only. Default false.",
    ),
    key(
        "actions.enabled",
        "Whether actions run. false lets everybody in without them: for emergencies. Default true.",
    ),
    key(
        "actions.workers",
        "Processes that run actions, started when needed. Default 2 a core, 4 to 32.",
    ),
    key(
        "actions.waiting_max",
        "Runs of actions that may wait for a process; beyond, they fail. Default 256.",
    ),
    key(
        "actions.timeout_seconds",
        "Time for one action; all of one login get 20. Default 5.",
    ),
    key(
        "actions.heap_mib",
        "Memory of one action's JavaScript in MiB. Default 32.",
    ),
];

/// The known name nearest to `name`, if it is near enough to be a slip.
#[must_use]
pub(super) fn suggestion(name: &str) -> Option<&'static str> {
    let last = |text: &str| text.rsplit('.').next().map(str::to_owned);
    // The right key in the wrong section is a common slip.
    let moved = KEYS.iter().find(|key| last(key.name) == last(name));
    let near = || {
        let distances = KEYS.iter().map(|key| (distance(key.name, name), key));
        let (distance, key) = distances.min_by_key(|(distance, _)| *distance)?;
        (distance <= 2 + name.len() / 5).then_some(key)
    };
    moved.or_else(near).map(|key| key.name)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
