//! What every realm starts with, read once by each process: reading it takes ten times as long as
//! running it.

use std::sync::OnceLock;

use rquickjs::loader::bundle::{Bundle, ScaBundleData};
use rquickjs::{Context, Ctx, Function, Module, Object, Runtime, WriteOptions};

/// Its name among the modules of a realm.
const NAME: &str = "prelude";

const SOURCE: &str = concat!(
    "export default (function (host) { \"use strict\";\n",
    include_str!("../../js/base.js"),
    include_str!("../../js/web.js"),
    include_str!("../../js/modules.js"),
    include_str!("../../js/api.js"),
    "\n})"
);

/// Modules by name, as the engine's own bytecode.
type Modules = ScaBundleData<&'static [u8]>;

/// The prelude's bytecode. It lives as long as the process: realms refer to it.
fn modules() -> rquickjs::Result<Modules> {
    static READ: OnceLock<Modules> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read);
    }
    let runtime = Runtime::new()?;
    let bytecode = Context::full(&runtime)?.with(|ctx| {
        let options = WriteOptions {
            strip_source: true,
            ..WriteOptions::default()
        };
        Module::declare(ctx, NAME, SOURCE)?.write(options)
    })?;
    Ok(READ.get_or_init(|| {
        let bytecode: &'static [u8] = Vec::leak(bytecode);
        Vec::leak(vec![(NAME, bytecode)])
    }))
}

/// Lets code of a runtime import the prelude.
///
/// # Errors
/// It cannot be read: there is no memory.
pub(super) fn open(runtime: &Runtime) -> rquickjs::Result<()> {
    let modules = Bundle(modules()?);
    runtime.set_loader(modules, modules);
    Ok(())
}

/// From now on no code of the runtime can import anything.
pub(super) fn close(runtime: &Runtime) {
    let nothing: Bundle<Modules> = Bundle(&[]);
    runtime.set_loader(nothing, nothing);
}

/// Runs the prelude in a realm; what it gives makes the realm's entry of a `host` function.
///
/// # Errors
/// There is no memory, or it is not [`open`].
pub(super) fn load<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
    let module: Object<'js> = Module::import(ctx, NAME)?.finish()?;
    module.get("default")
}
