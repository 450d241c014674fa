//! Measuring one case at growing lengths, and what is made of it.

use cpu_time::ThreadTime;
use tieline_bench::{effort, is_measuring};

/// The lengths in bytes: from 1 KiB to 1 MiB.
const LENGTHS: [usize; 6] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// A line through all lengths may rise so steeply: 1 is as the length does, 2 is its square.
const SLOPE: f64 = 1.1;

/// A byte of the longest input may cost so many times what one of the shortest does.
const DEARER: f64 = 2.0;

struct Row {
    group: &'static str,
    case: String,
    first: f64,
    last: f64,
    slope: f64,
}

impl Row {
    /// Both measures must fail: small inputs lie in the nearest cache and large ones do not, which is no growth.
    fn is_linear(&self) -> bool {
        self.slope <= SLOPE || self.last <= DEARER * self.first
    }
}

/// All cases.
pub(crate) struct Report {
    rows: Vec<Row>,
    wanted: Vec<String>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), wanted: std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect() }
    }

    /// Measures a case: `make` gives an input of about a length, and `run` is what costs. Words among the program's
    /// arguments admit only the cases with them in their names.
    pub(crate) fn case<T>(
        &mut self,
        group: &'static str,
        case: impl Into<String>,
        make: impl Fn(usize) -> T,
        length: impl Fn(&T) -> usize,
        mut run: impl FnMut(&T),
    ) {
        let case = case.into();
        let name = format!("{group} {case}");
        if !self.wanted.iter().all(|word| name.contains(word.as_str())) {
            return;
        }
        let mut points = Vec::new();
        for wanted in &LENGTHS[..effort(LENGTHS.len(), 2)] {
            let input = make(*wanted);
            let length = length(&input);
            // As many turns as make a time that can be measured; the best of a few rounds.
            let turns = effort(((1 << 20) / wanted).clamp(1, 200), 1);
            let mut best = f64::INFINITY;
            for _ in 0..effort(4, 1) {
                let start = ThreadTime::now();
                for _ in 0..turns {
                    run(&input);
                }
                best = best.min(start.elapsed().as_secs_f64() * 1e9 / turns as f64);
            }
            points.push((length as f64, best.max(1.0)));
        }
        let per_byte = |(length, time): &(f64, f64)| time / length;
        let (Some(first), Some(last)) = (points.first().map(per_byte), points.last().map(per_byte)) else { return };
        self.rows.push(Row { group, case, first, last, slope: slope(&points) });
    }

    /// Of each group the steepest case, every case that is not linear, and the verdict.
    pub(crate) fn print(&self) {
        println!(
            "  {:<34} {:>5} {:<34} {:>9} {:>9} {:>6}",
            "kind of input", "cases", "steepest", "1 KiB", "1 MiB", "slope"
        );
        let mut groups: Vec<&'static str> = self.rows.iter().map(|row| row.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.group == group).collect();
            let Some(worst) = rows.iter().max_by(|one, other| one.slope.total_cmp(&other.slope)) else { continue };
            let shown = |row: &Row| format!("{:<34} {:>9.2} {:>9.2} {:>6.2}", row.case, row.first, row.last, row.slope);
            println!("  {group:<34} {:>5} {}", rows.len(), shown(worst));
            for row in rows.iter().filter(|row| is_measuring() && !row.is_linear()) {
                println!("  NOT LINEAR: {group}: {}", shown(row));
            }
        }
        let steep = self.rows.iter().filter(|row| !row.is_linear()).count();
        tieline_bench::Goal::at_most("inputs whose cost grows faster than their length", 0.0, 0.0).judge(steep as f64);
        println!(
            "  ({} cases; not linear is a slope above {SLOPE} and a byte {DEARER} times as dear)",
            self.rows.len()
        );
    }
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
