//! What a worker gives up before it reads anything: files, network, processes, most of memory and
//! every system call it does not need (SBX-01, SBX-02).

/// Enters the sandbox, for good.
///
/// # Errors
/// When the operating system refuses; the worker must not go on then.
#[cfg(target_os = "linux")]
pub(crate) fn enter() -> std::io::Result<()> {
    // The server goes first: an action that loops takes only time that nobody else wants.
    rustix::process::nice(NICE)?;
    limits()?;
    rustix::thread::set_no_new_privs(true)?;
    filter()
}

/// Elsewhere there are only the pool's limits of time, and the engine's of memory.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub(crate) fn enter() -> std::io::Result<()> {
    Ok(())
}

/// How far workers stand back.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Address space of a worker: the largest heap, and what the program itself maps.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE_BYTES: u64 = 1 << 30;

#[cfg(target_os = "linux")]
fn limits() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let at_most = |value| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(Resource::As, at_most(ADDRESS_SPACE_BYTES))?;
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    // The three pipes it has; no others.
    setrlimit(Resource::Nofile, at_most(3))?;
    Ok(())
}

/// The system calls of a program that computes, and reads and writes pipes that are open. Any
/// other kills the process.
#[cfg(target_os = "linux")]
fn filter() -> std::io::Result<()> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let allowed = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_ppoll,
        libc::SYS_read,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_tgkill,
        libc::SYS_write,
        libc::SYS_writev,
    ];
    let rules = allowed.map(|call| (call, Vec::new())).into_iter().collect();
    let arch = std::env::consts::ARCH
        .try_into()
        .map_err(std::io::Error::other)?;
    let (otherwise, matched) = (SeccompAction::KillProcess, SeccompAction::Allow);
    let filter = SeccompFilter::new(rules, otherwise, matched, arch);
    let program: BpfProgram = filter
        .and_then(TryInto::try_into)
        .map_err(std::io::Error::other)?;
    seccompiler::apply_filter_all_threads(&program).map_err(std::io::Error::other)
}
