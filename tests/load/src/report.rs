//! The rounds as a table: a column for each, and the median.

use std::fmt::{self, Display, Formatter};

use crate::Cli;
use crate::measures::median;
use crate::pgbench::{self, Form};
use crate::submitting;

/// What every round brought.
#[derive(Debug, Default)]
pub struct Rounds {
    pgbench: [Vec<pgbench::Turn>; Form::ALL.len()],
    /// The mesh's turns.
    pub mesh: Vec<submitting::Turn>,
}

impl Rounds {
    /// A turn of pgbench.
    pub fn add_pgbench(&mut self, form: Form, turn: pgbench::Turn) {
        self.pgbench[form as usize].push(turn);
    }

    /// Dossiers submitted in all.
    pub fn submitted(&self) -> usize {
        self.mesh.iter().map(|turn| turn.submitted).sum()
    }

    fn pgbench(&self, form: Form) -> &[pgbench::Turn] {
        &self.pgbench[form as usize]
    }

    fn rates(&self) -> Vec<f64> {
        column(&self.mesh, |turn| turn.submitted as f64 / turn.took.as_secs_f64())
    }
}

fn column<T>(turns: &[T], figure: impl Fn(&T) -> f64) -> Vec<f64> {
    turns.iter().map(figure).collect()
}

/// The table, ready to be printed.
pub struct Table(String);

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Table {
    /// The whole.
    pub fn of(rounds: &Rounds, cli: &Cli) -> Self {
        let mut table = Self(String::new());
        table.heading(rounds.mesh.len());
        for form in Form::ALL {
            table.title(&format!("pgbench, {}, 32 clients", form.name()));
            table.pgbench(rounds.pgbench(form));
        }
        table.title(&format!("SubmitDossier over gRPC, {} in flight", cli.in_flight));
        table.mesh(rounds);
        table.title("and what follows: workflow opens the case, dossier hears of it");
        table.facts(&rounds.mesh);
        table.title("submissions for each commit of pgbench in the same time");
        for form in Form::ALL {
            table.row(form.name(), &ratios(rounds, form), 2);
        }
        table
    }

    fn heading(&mut self, rounds: usize) {
        let numbers: String = (1..=rounds).map(|round| format!("{round:>10}")).collect();
        self.0.push_str(&format!("\n{:<58}{numbers}{:>10}\n", "round", "median"));
    }

    fn title(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }

    fn row(&mut self, label: &str, values: &[f64], decimals: usize) {
        let figures: String = values.iter().map(|value| format!("{value:>10.decimals$}")).collect();
        let middle = median(values);
        self.0.push_str(&format!("  {label:<56}{figures}{middle:>10.decimals$}\n"));
    }

    fn pgbench(&mut self, turns: &[pgbench::Turn]) {
        self.row("commits per second", &column(turns, |turn| turn.rate), 0);
        self.row("latency, average, ms", &column(turns, |turn| turn.latency), 1);
        let share = |cpu: fn(&pgbench::Turn) -> f64| column(turns, |turn| cpu(turn) / turn.commits);
        self.row("CPU-ms per commit: PostgreSQL", &share(|turn| turn.cpu.postgres), 3);
        self.row("CPU-ms per commit: pgbench", &share(|turn| turn.cpu.ended), 3);
    }

    fn mesh(&mut self, rounds: &Rounds) {
        let turns = &rounds.mesh;
        self.row("submissions per second", &rounds.rates(), 0);
        self.row("latency, median, ms", &column(turns, |turn| turn.p50.as_secs_f64() * 1e3), 1);
        self.row("latency, 99 of 100, ms", &column(turns, |turn| turn.p99.as_secs_f64() * 1e3), 1);
        self.row("commands per commit, average", &column(turns, |turn| turn.batch), 1);
        let share = |cpu: fn(&submitting::Turn) -> f64| {
            column(turns, |turn| cpu(turn) / turn.submitted as f64)
        };
        self.row("CPU-ms per submission: PostgreSQL", &share(|turn| turn.cpu.postgres), 3);
        let here = share(|turn| turn.cpu.here);
        self.row("CPU-ms per submission: services and load generator", &here, 3);
    }

    fn facts(&mut self, turns: &[submitting::Turn]) {
        let after = |turn: &submitting::Turn| (turn.opened - turn.took).as_secs_f64();
        self.row("last case opened after the last answer, s", &column(turns, after), 2);
        self.row("facts taken per second", &column(turns, submitting::Turn::facts_per_second), 0);
        let share = |cpu: fn(&submitting::Turn) -> f64| {
            column(turns, |turn| cpu(turn) / turn.submitted as f64)
        };
        let postgres = share(|turn| turn.cpu_quiet.postgres);
        self.row("CPU-ms per dossier, all included: PostgreSQL", &postgres, 3);
        let here = share(|turn| turn.cpu_quiet.here);
        self.row("CPU-ms per dossier, all included: services and load", &here, 3);
    }
}

fn ratios(rounds: &Rounds, form: Form) -> Vec<f64> {
    let turns = rounds.pgbench(form).iter().zip(rounds.rates());
    turns.map(|(pgbench, mesh)| mesh / pgbench.rate).collect()
}
