//! Times the verification of access tokens, interleaved in one process, and prints ratios.
//!
//! ```sh
//! cargo run --release -p aldgate-bench-verify
//! ```
//!
//! Rows: the bare signature with a parsed key, this project's verifier with every check, the same
//! with its cache of verified tokens, and `jsonwebtoken`. Each figure is the best of many rounds:
//! other work on the machine only ever adds time. `bench/peers` measures more libraries.

use aldgate_bench_verify::{Case, compare};
use aldgate_verify::jose::Alg;

fn main() -> anyhow::Result<()> {
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let case = Case::new(alg)?;
        let mut works = case.own();
        works.push(case.jsonwebtoken()?);
        compare(alg, &works);
    }
    Ok(())
}
