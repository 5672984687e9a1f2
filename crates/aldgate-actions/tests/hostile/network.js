// Asks for addresses that no action may reach (SBX-05); the test's way out refuses them all.
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== fetch http://127.0.0.1/ [any]
try {
  const r = await fetch("http://127.0.0.1/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://localhost/ [any]
try {
  const r = await fetch("http://localhost/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://[::1]/ [any]
try {
  const r = await fetch("http://[::1]/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://0.0.0.0/ [any]
try {
  const r = await fetch("http://0.0.0.0/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://169.254.169.254/latest/meta-data/ [any]
try {
  const r = await fetch("http://169.254.169.254/latest/meta-data/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://10.0.0.1/ [any]
try {
  const r = await fetch("http://10.0.0.1/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://192.168.0.1/ [any]
try {
  const r = await fetch("http://192.168.0.1/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://172.16.0.1/ [any]
try {
  const r = await fetch("http://172.16.0.1/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://2130706433/ [any]
try {
  const r = await fetch("http://2130706433/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://0x7f000001/ [any]
try {
  const r = await fetch("http://0x7f000001/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://017700000001/ [any]
try {
  const r = await fetch("http://017700000001/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://[::ffff:127.0.0.1]/ [any]
try {
  const r = await fetch("http://[::ffff:127.0.0.1]/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://[fd00::1]/ [any]
try {
  const r = await fetch("http://[fd00::1]/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch file:///etc/passwd [any]
try {
  const r = await fetch("file:///etc/passwd");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch ftp://a.test/ [any]
try {
  const r = await fetch("ftp://a.test/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch data:text/plain,x [any]
try {
  const r = await fetch("data:text/plain,x");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch javascript:1 [any]
try {
  const r = await fetch("javascript:1");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch gopher://a.test/ [any]
try {
  const r = await fetch("gopher://a.test/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://a.test:22/ [any]
try {
  const r = await fetch("http://a.test:22/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== fetch http://user:pass@127.0.0.1/ [any]
try {
  const r = await fetch("http://user:pass@127.0.0.1/");
  console.log("ESCAPED", r.status);
} catch {
  console.log("refused");
}

// ==== a hundred requests [any]
for (let i = 0; i < 100; i++) {
  try {
    await fetch("http://127.0.0.1/" + i);
  } catch {}
}

// ==== requests that nobody waits for [any]
for (let i = 0; i < 100; i++) {
  try {
    fetch("http://127.0.0.1/" + i).catch(() => {});
  } catch {}
}

// ==== headers with line breaks [any]
try {
  await fetch("http://127.0.0.1/", { headers: { "x-a": "b\r\nhost: evil" } });
} catch {
  console.log("refused");
}

// ==== an endless body [any]
try {
  await fetch("http://127.0.0.1/", { method: "POST", body: "x".repeat(1e7) });
} catch {
  console.log("refused");
}
