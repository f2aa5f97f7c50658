//! What rules could have seen at all: a rule that asks for what was never recorded is silent, and its silence says
//! nothing.
//!
//! ```text
//! log    -> Counted (what was recorded, by kind of request) -> rows ┐
//! policy -> tried on the requests of any cluster            -> rows ┴> judge -> Covered, one for each rule
//! ```
//!
//! A kind of request is a verb, a resource and who asks. Of each, a rule's condition is worked out as far as that is
//! known: it may be false whatever else the request holds, and then the rule is not about it. What else the
//! condition asks for is either recorded or lost, and what is lost can neither be shown nor ruled out.

mod advice;
mod catalogue;
mod condition;
mod counted;
mod judge;
mod row;
#[cfg(test)]
mod tests;
mod usage;

pub use advice::{Advice, advise};
pub use catalogue::usual;
pub use condition::Condition;
pub use counted::Counted;
pub use judge::{Covered, Gap, Loss, Status, judge};
pub use row::{Row, Shape, Target};
pub use usage::{Clash, RuleUse, Usage, Verdict};
