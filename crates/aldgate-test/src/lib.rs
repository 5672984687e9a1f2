//! Dev only: in-process server, manual clock, seeded randomness, browser, outbox.
