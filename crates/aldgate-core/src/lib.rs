//! Domain types and protocol decisions of Aldgate; pure.
