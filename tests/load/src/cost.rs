//! Processor time, as the kernel keeps it for each process in `/proc/PID/stat` (proc_pid_stat(5)).

use std::fs;
use std::io;
use std::ops::Sub;

/// Processor time used so far, in milliseconds, user and system.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cpu {
    /// This process: the services and the load generator.
    pub here: f64,
    /// Its children that have ended: pgbench.
    pub ended: f64,
    /// PostgreSQL: every process of the server, also those that have ended.
    pub postgres: f64,
}

impl Cpu {
    /// Until now; `server` is the process id of PostgreSQL's postmaster, the parent of all its processes.
    ///
    /// # Errors
    /// Either process cannot be looked at.
    pub fn until_now(server: u32) -> io::Result<Self> {
        let here = Times::of("self")?;
        let postmaster = Times::of(&server.to_string())?;
        let mut postgres = postmaster.own + postmaster.ended_children;
        for entry in fs::read_dir("/proc")?.flatten() {
            // A process may end while we look: then its parent has counted it, or will before the next look.
            let times = entry.file_name().to_str().and_then(|name| Times::of(name).ok());
            postgres += times.filter(|times| times.parent == server).map_or(0.0, |times| times.own);
        }
        Ok(Self { here: here.own, ended: here.ended_children, postgres })
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            here: self.here - earlier.here,
            ended: self.ended - earlier.ended,
            postgres: self.postgres - earlier.postgres,
        }
    }
}

/// The line of one process, times in milliseconds.
#[derive(Debug, PartialEq)]
struct Times {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Times {
    fn of(process: &str) -> io::Result<Self> {
        let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let tick = 1000.0 / rustix::param::clock_ticks_per_second() as f64;
        Self::parse(&line, tick).ok_or_else(|| io::Error::other("/proc/PID/stat does not read"))
    }

    /// The name in brackets may hold anything; fields are counted behind its end. The parent is the 4th of the line, user and system
    /// time the 14th and 15th, those of ended children the 16th and 17th.
    fn parse(line: &str, tick: f64) -> Option<Self> {
        let (_, behind) = line.rsplit_once(')')?;
        let fields: Vec<&str> = behind.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place - 3)?.parse::<f64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: (ticks(14)? + ticks(15)?) * tick,
            ended_children: (ticks(16)? + ticks(17)?) * tick,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_behind_the_name() {
        let line = "42 (a) b) S 7 1 1 0 -1 4 5 6 7 8 100 20 3 4 20 0 1";
        let times = Times { parent: 7, own: 1200.0, ended_children: 70.0 };
        assert_eq!(Times::parse(line, 10.0), Some(times));
        assert_eq!(Times::parse("42 (a) S 7", 10.0), None);
    }

    #[test]
    fn this_process_has_a_line() {
        let now = Cpu::until_now(std::process::id()).expect("our own line");
        assert!(now.here >= 0.0 && now.postgres >= now.here);
    }
}
