//! Counts what verifying allocates: of a good token, and of one whose signature is damaged.
//! A program of its own, because the counting allocator slows everything down.

use aldgate_bench_verify::{API, Case, ISSUER, Work};
use aldgate_verify::jose::{Alg, JwkSet};
use aldgate_verify::{JwkProvider, Verifier};

fn main() -> anyhow::Result<()> {
    let case = Case::new(Alg::RS256)?;
    let keys = JwkProvider::fixed(&JwkSet::new([case.jwk.clone()])?)?;
    let verifier = Verifier::builder(ISSUER, API).keys(keys).build()?;
    let (kept, _) = case.token.rsplit_once('.').unwrap_or_default();
    let forged = format!("{kept}.{}", "A".repeat(342));
    let refuse = |token: &str| drop(verifier.verify_now(token));
    let mut works = case.own();
    works.push(case.jsonwebtoken()?);
    works.push(("aldgate-verify, forged", Box::new(|| refuse(&forged))));
    works.push((
        "aldgate-verify, cut off",
        Box::new(|| refuse(&case.token[..100])),
    ));
    for work in &works {
        count(work);
    }
    Ok(())
}

fn count((name, work): &Work<'_>) {
    work();
    let counted = allocation_counter::measure(work);
    println!(
        "{name:<36} {:>4} allocations {:>7} bytes",
        counted.count_total, counted.bytes_total
    );
}
