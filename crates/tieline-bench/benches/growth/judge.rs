//! Measuring one case at growing lengths, and what is made of it.

use std::hint::black_box;

use cpu_time::ThreadTime;
use tieline_bench::{effort, is_measuring};

use crate::instructions;

/// The lengths in bytes: from 1 KiB to 1 MiB.
const LENGTHS: [usize; 6] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// So many bytes are taken in at each length, as one input or as many. What is read and what is made of it is as much at
/// each, and lies as far from the processor.
const TOGETHER: usize = 1 << 20;

/// Of an input so large a part at least is what makes it long. What every input has besides, such as the rest of a message,
/// costs more or less a byte; in short inputs it would be most of what is measured.
const PART: f64 = 0.75;

/// A line through all lengths may rise so steeply: 1 is as the length does, 2 is its square.
const SLOPE: f64 = 1.1;

/// A byte of the longest input may cost so many times what one of the shortest does.
const DEARER: f64 = 2.0;

/// How often a case that looks steep is measured. What else the machine does only adds to a time.
const ATTEMPTS: usize = 6;

/// What a case costs.
struct Row {
    group: String,
    case: String,
    first: f64,
    last: f64,
    slope: f64,
}

impl Row {
    /// Of the lengths and what an input of each costs.
    fn new(group: &str, case: &str, points: &[(f64, f64)]) -> Self {
        let per_byte = |point: Option<&(f64, f64)>| point.map_or(0.0, |(length, cost)| cost / length);
        Self {
            group: group.to_owned(),
            case: case.to_owned(),
            first: per_byte(points.first()),
            last: per_byte(points.last()),
            slope: slope(points),
        }
    }

    /// Both measures must fail.
    fn is_linear(&self) -> bool {
        self.slope <= SLOPE || self.last <= DEARER * self.first
    }
}

/// All cases.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    again: usize,
}

impl Report {
    /// Measures a case: `make` gives an input of about a length, and `run`, which is what costs, takes inputs in.
    /// Words among the program's arguments admit only the cases with them in their names.
    pub(crate) fn case<T>(
        &mut self,
        group: &'static str,
        case: impl Into<String>,
        make: impl Fn(usize) -> T,
        length: impl Fn(&T) -> usize,
        run: impl Fn(&[T]),
    ) {
        let case = case.into();
        let name = format!("{group} {case}");
        let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
        if !words.all(|word| name.contains(&word)) {
            return;
        }
        let own = length(&make(0));
        if let Some(lengths) = instructions::counted() {
            for wanted in lengths {
                let input = [make(wanted)];
                instructions::count(group, &case, length(&input[0]), || run(&input));
            }
            return;
        }
        let mut inputs = Vec::new();
        let judged = |wanted: &&usize| **wanted as f64 >= PART * (own + **wanted) as f64;
        for wanted in LENGTHS.iter().filter(judged).take(effort(LENGTHS.len(), 2)) {
            let mut some = vec![make(*wanted)];
            let count = effort(TOGETHER, 1) / length(&some[0]).max(1);
            some.extend((1..count).map(|_| make(*wanted)));
            let mean = some.iter().map(&length).sum::<usize>() as f64 / some.len() as f64;
            inputs.push((some, mean, f64::INFINITY));
        }
        for attempt in 0..effort(ATTEMPTS, 1) {
            for _ in 0..effort(3, 1) {
                for (inputs, _, best) in &mut inputs {
                    let start = ThreadTime::now();
                    run(inputs);
                    *best = best.min((start.elapsed().as_secs_f64() * 1e9 / inputs.len() as f64).max(1.0));
                }
            }
            let points: Vec<(f64, f64)> = inputs.iter().map(|(_, length, best)| (*length, *best)).collect();
            let row = Row::new(group, &case, &points);
            if row.is_linear() || attempt + 1 == effort(ATTEMPTS, 1) {
                self.rows.push(row);
                self.again += usize::from(attempt > 0);
                return;
            }
        }
    }

    /// Adds a case that was measured elsewhere: the lengths and what an input of each costs.
    pub(crate) fn add(&mut self, group: &str, case: &str, points: &[(f64, f64)]) {
        self.rows.push(Row::new(group, case, points));
    }

    /// Of each group the steepest case, every case that is not linear, and the verdict.
    pub(crate) fn print(&self) {
        println!(
            "  {:<34} {:>5} {:<50} {:>9} {:>9} {:>6}",
            "kind of input", "cases", "steepest", "short", "long", "slope"
        );
        let mut groups: Vec<&str> = self.rows.iter().map(|row| row.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.group == group).collect();
            let Some(worst) = rows.iter().max_by(|one, other| one.slope.total_cmp(&other.slope)) else { continue };
            let shown = |row: &Row| format!("{:<50} {:>9.2} {:>9.2} {:>6.2}", row.case, row.first, row.last, row.slope);
            println!("  {group:<34} {:>5} {}", rows.len(), shown(worst));
            for row in rows.iter().filter(|row| is_measuring() && !row.is_linear()) {
                println!("  NOT LINEAR: {group}: {}", shown(row));
            }
        }
        let steep = self.rows.iter().filter(|row| !row.is_linear()).count();
        tieline_bench::Goal::at_most("inputs whose cost grows faster than their length", 0.0, 0.0).judge(steep as f64);
        let (cases, again) = (self.rows.len(), self.again);
        println!(
            "  ({cases} cases, {again} of them measured again; not linear is a slope above {SLOPE} and a byte {DEARER} times as dear)"
        );
    }
}

/// Takes every input in, and holds what comes of it until the last one is in.
pub(crate) fn each<'a, T, R>(inputs: &'a [T], take: impl FnMut(&'a T) -> R) {
    drop(black_box(inputs.iter().map(take).collect::<Vec<R>>()));
}

/// The slope of the line through the points, both ways as logarithms.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let logs = || points.iter().map(|(length, time)| (length.ln(), time.ln()));
    let (mean_x, mean_y) = (logs().map(|(x, _)| x).sum::<f64>() / count, logs().map(|(_, y)| y).sum::<f64>() / count);
    let above: f64 = logs().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}
