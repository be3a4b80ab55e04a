//! The real binary as a process among others: killed, stopped, started twice, shut out.

mod callers;
mod command_line;
mod installation;
mod kills;
mod measures;
mod operating;
mod stopping;
