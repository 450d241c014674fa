//! Contestants that take turns, so that what disturbs the machine disturbs all of them.

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::Goal;

/// Alternatives for one piece of work, measured in rounds in which each has its turn.
pub struct Contest<'a> {
    title: &'a str,
    /// How many items one turn handles.
    items: f64,
    entries: Vec<(&'a str, Turn<'a>)>,
}

/// Does a contestant's turn and says how long it took.
type Turn<'a> = Box<dyn FnMut() -> Duration + 'a>;

impl<'a> Contest<'a> {
    /// A contest whose turns handle `items` items each.
    #[must_use]
    pub fn new(title: &'a str, items: f64) -> Self {
        Self { title, items, entries: Vec::new() }
    }

    /// Enters a contestant that does its turn on this thread. The processor time of the thread counts, not the wall's:
    /// what else runs on the machine is no business of its.
    pub fn enter(&mut self, name: &'a str, mut turn: impl FnMut() + 'a) {
        self.enter_timed(name, move || {
            let start = ThreadTime::now();
            turn();
            start.elapsed()
        });
    }

    /// Enters a contestant that says itself how much processor time its turn took.
    ///
    /// A name among the program's arguments admits only those that contain it: for profiles.
    pub fn enter_timed(&mut self, name: &'a str, turn: impl FnMut() -> Duration + 'a) {
        let mut wanted = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
        if wanted.peek().is_some() && !wanted.any(|wanted| name.contains(&wanted)) {
            return;
        }
        self.entries.push((name, Box::new(turn)));
    }

    /// Lets all have their turn in every round, after one that does not count.
    #[must_use]
    pub fn run(mut self, rounds: usize) -> Standings<'a> {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); self.entries.len()];
        for round in 0..=rounds {
            for step in 0..self.entries.len() {
                // Nobody always runs after the same one.
                let turn = (round + step) % self.entries.len();
                let (_, run) = &mut self.entries[turn];
                let nanoseconds = run().as_secs_f64() * 1e9 / self.items;
                if round > 0 {
                    times[turn].push(nanoseconds);
                }
            }
        }
        let names = self.entries.into_iter().map(|(name, _)| name);
        Standings { title: self.title, entries: names.zip(times).collect() }
    }
}

/// What a [`Contest`] came to.
pub struct Standings<'a> {
    title: &'a str,
    /// The nanoseconds per item of each contestant in each round.
    entries: Vec<(&'a str, Vec<f64>)>,
}

impl Standings<'_> {
    fn times(&self, name: &str) -> &[f64] {
        let entry = self.entries.iter().find(|(entered, _)| *entered == name);
        entry.map_or(&[], |(_, times)| times)
    }

    /// Nanoseconds per item: the median of the rounds.
    #[must_use]
    pub fn nanoseconds(&self, name: &str) -> f64 {
        median(self.times(name).to_vec())
    }

    /// How many times as long as `name` the other one took: the median of the ratios within each round.
    #[must_use]
    pub fn ratio(&self, name: &str, other: &str) -> f64 {
        median(self.times(name).iter().zip(self.times(other)).map(|(own, others)| others / own).collect())
    }

    /// Prints everybody's time, and how it compares with that of `base`.
    pub fn print(&self, base: &str) {
        println!("\n{:<46} {:>10} {:>10}", self.title, "ns", "times");
        for (name, _) in &self.entries {
            println!("  {name:<44} {:>10.1} {:>10.2}", self.nanoseconds(name), self.ratio(name, base));
        }
    }

    /// Prints how `name` compares with `other`, and whether that meets the goal: a ratio of speeds or of costs, as the goal
    /// has it.
    pub fn judge(&self, name: &str, other: &str, goal: &Goal<'_>) {
        let faster = self.ratio(name, other);
        goal.judge(if goal.wants_more() { faster } else { 1.0 / faster });
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
