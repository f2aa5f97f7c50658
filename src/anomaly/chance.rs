//! How likely an amount is within a window, and what evidence that makes.

use super::tuning::Tuning;

#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// Weighed news, or a count.
    pub amount: f64,
    /// Of any at all.
    pub any: f64,
    /// Of as much, where there is any.
    pub tail: f64,
}

impl Chance {
    /// The evidence of news. Less than one whole value counts in part.
    pub fn of_news(self) -> f64 {
        (-(self.any * self.tail).log10() * self.amount.min(1.0)).max(0.0)
    }

    /// The evidence of a count: what lies below an offset happens every day.
    pub fn of_count(self, tuning: &Tuning) -> f64 {
        (-(self.any * self.tail).log10() - tuning.count_offset).max(0.0)
    }
}
