//! Processes that end with the one that started them.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::Signal;

/// Has the kernel send `signal` to the command's process when the calling thread ends.
///
/// To be called by the thread that then spawns the command, and that lives as long as the process should.
#[expect(unsafe_code, reason = "the death signal can only be set between fork and exec")]
pub fn end_with_this_thread(command: &mut Command, signal: Signal) {
    let parent = Some(rustix::process::getpid());
    let set = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // Had the parent died before that line, no signal would ever come.
        if rustix::process::getppid() == parent { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    };
    // SAFETY: after fork the closure makes two system calls, without allocating, locking or
    // touching memory that another thread may have held. The standard library changes the user
    // before it, which matters since that would clear the death signal.
    unsafe { command.pre_exec(set) };
}
