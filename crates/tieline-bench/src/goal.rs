//! What a figure should be.

/// A goal: a floor that must be met, and an extreme to go towards.
#[derive(Clone, Copy, Debug)]
pub struct Goal<'a> {
    what: &'a str,
    floor: f64,
    extreme: f64,
    more: bool,
}

impl<'a> Goal<'a> {
    /// At least `floor` times as fast.
    #[must_use]
    pub const fn faster(what: &'a str, floor: f64, extreme: f64) -> Self {
        Self { what, floor, extreme, more: true }
    }

    /// At most `floor`: of a cost, or of a ratio of costs.
    #[must_use]
    pub const fn at_most(what: &'a str, floor: f64, extreme: f64) -> Self {
        Self { what, floor, extreme, more: false }
    }

    pub(crate) const fn wants_more(&self) -> bool {
        self.more
    }

    /// Prints `figure` and whether it meets the goal; nothing when the figures [mean nothing](crate::is_measuring).
    pub fn judge(&self, figure: f64) {
        if !crate::is_measuring() {
            return;
        }
        let reaches = |mark: f64| if self.more { figure >= mark } else { figure <= mark };
        let verdict = match (reaches(self.extreme), reaches(self.floor)) {
            (true, _) => "met, the extreme too",
            (false, true) => "met",
            (false, false) => "MISSED",
        };
        let bound = if self.more { "at least" } else { "at most" };
        let Self { what, floor, extreme, .. } = self;
        println!("goal: {what:<58} {figure:>7.2}  ({bound} {floor}, extreme {extreme})  {verdict}");
    }
}
