//! From the code as it was written to the code that runs: TypeScript loses its types, `import` and
//! `export` become CommonJS. Lines stay where they are.

use rquickjs::{CatchResultExt as _, Context, Ctx, Function, Object, Runtime};

use super::{Failure, now, source, thrown};
use crate::job::{Fault, FaultKind, Limits};

/// Takes types away; vendored, see `js/vendor/README.md`.
const STRIPPER: &str = concat!(
    "(function (module) {",
    include_str!("../../js/vendor/sucrase.js"),
    "\nreturn module.exports.strip; })({ exports: {} })"
);

/// The JavaScript of an action, where it differs from its code; `None`: the code is JavaScript.
/// Nothing of the code is executed.
pub(crate) fn compile(code: &str, limits: &Limits) -> Result<Option<String>, Fault> {
    let deadline = now() + std::time::Duration::from_millis(limits.wall_ms);
    let lost = |error: rquickjs::Error| Fault {
        kind: FaultKind::Memory,
        message: error.to_string(),
        stack: String::new(),
    };
    let runtime = Runtime::new().map_err(lost)?;
    runtime.set_memory_limit(limits.heap_bytes);
    runtime.set_max_stack_size(limits.stack_bytes);
    runtime.set_interrupt_handler(Some(Box::new(move || now() >= deadline)));
    let context = Context::full(&runtime).map_err(lost)?;
    let compiled = context.with(|ctx| within(&ctx, code).map_err(|error| said(&error, deadline)));
    compiled.map_err(|(kind, message, stack)| Fault {
        kind,
        message,
        stack: stack.trim().to_owned(),
    })
}

enum Broken<'js> {
    /// It is neither JavaScript nor TypeScript.
    Syntax(rquickjs::CaughtError<'js>),
    /// The compiler itself met a limit.
    Compiler(rquickjs::CaughtError<'js>),
}

fn within<'js>(ctx: &Ctx<'js>, code: &str) -> Result<Option<String>, Broken<'js>> {
    if reads(ctx, code).is_ok() {
        return Ok(None);
    }
    let strip: Function<'js> = ctx.eval(STRIPPER).catch(ctx).map_err(Broken::Compiler)?;
    let stripped: String = strip.call((code,)).catch(ctx).map_err(Broken::Syntax)?;
    reads(ctx, &stripped).map_err(Broken::Syntax)?;
    Ok(Some(stripped))
}

/// Whether the engine can read the code. The function that holds it is made, never called.
fn reads<'js>(ctx: &Ctx<'js>, code: &str) -> Result<(), rquickjs::CaughtError<'js>> {
    let read = ctx.eval_with_options::<Object<'js>, _>(source(code), super::options());
    read.catch(ctx).map(drop)
}

fn said(error: &Broken<'_>, deadline: std::time::Instant) -> Failure {
    match error {
        Broken::Compiler(error) => thrown(error, deadline),
        Broken::Syntax(error) => match thrown(error, deadline) {
            (FaultKind::Thrown, message, stack) => (FaultKind::Syntax, message, stack),
            other => other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(code: &str) -> Result<Option<String>, Fault> {
        let limits = Limits {
            wall_ms: 5_000,
            ..Limits::default()
        };
        compile(code, &limits)
    }

    #[test]
    fn javascript_stays_as_it_is() {
        let code = "exports.onExecutePostLogin = async (event, api) => { f(a < b, c > (d)); };";
        assert_eq!(compiled(code), Ok(None));
    }

    #[test]
    fn types_go_and_lines_stay() {
        let code = "import type { Event } from '@auth0/actions';\n\
                    interface Thing { name: string }\n\
                    enum Level { Low = 1, High }\n\
                    export const onExecutePostLogin = async (event: Event, api: any) => {\n\
                    \x20 const thing = { name: event.user!.email } as Thing;\n\
                    \x20 api.idToken.setCustomClaim('https://a', thing.name satisfies string);\n\
                    };\n";
        let javascript = compiled(code).unwrap().unwrap();
        for gone in ["interface", "import", ": any", "as Thing", "satisfies"] {
            assert!(!javascript.contains(gone), "{gone}: {javascript}");
        }
        let line = javascript.lines().nth(3).unwrap();
        assert!(
            line.contains("onExecutePostLogin = async (event, api)"),
            "{line}"
        );
        assert!(
            javascript.contains("exports.onExecutePostLogin"),
            "{javascript}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let fault = compiled("const x: number = ;\n").unwrap_err();
        assert_eq!(fault.kind, FaultKind::Syntax);
        assert!(fault.message.contains("(1:19)"), "{fault:?}");
        assert!(
            compiled("}); process.exit(").is_err(),
            "nobody leaves the function"
        );
    }

    #[test]
    fn sbx_02_reading_is_bounded_too() {
        for code in [
            "[".repeat(100_000),
            "a".repeat(1 << 20) + ": ",
            "<T>(".repeat(20_000),
        ] {
            let limits = Limits {
                wall_ms: 2_000,
                ..Limits::default()
            };
            assert!(compile(&code, &limits).is_err());
        }
    }
}
