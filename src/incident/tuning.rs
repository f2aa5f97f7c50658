//! Every number that decides what is one incident, and how much it matters.

use crate::time::HOUR;

/// Times are microseconds; points are on the scale of an anomaly's score, where 4.5 is of medium confidence.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    // What a finding is worth.
    /// Points of a finding of a rule or correlation, by level, the lowest first.
    pub points: [f64; 5],
    /// A request that was refused is worth so much of that.
    pub refused: f64,
    /// What a principal does again and again, on this part of the days of the input and on so many at least ...
    pub habit_part: f64,
    pub habit_days: usize,
    /// ... is worth so much.
    pub habit: f64,
    /// In the first hours of a long input clusters are set up: what rules find there ...
    pub start: i64,
    /// ... is worth so much.
    pub start_factor: f64,
    /// An input that is shorter has neither habits nor a beginning.
    pub long: i64,
    /// A finding of fewer points joins nothing. It is told with the incident that it falls into.
    pub least: f64,
    /// What a rule of medium level, and of one above, adds to the anomaly that points at the same request.
    pub fusion: [f64; 2],

    // What belongs together.
    /// Findings about one principal that are no further apart.
    pub gap: i64,
    /// Findings about the same principal in two clusters, or about somebody and the identity that he made.
    pub far: i64,
    /// Findings about two who come from one network that is new to one of them: networks are handed on, and after
    /// some hours whoever is there may be somebody else.
    pub met: i64,
    /// How far around an actor's findings those of few points are told with them.
    pub around: i64,
    /// A network joins only where at least this part of all who use it have findings from there: a proxy or NAT
    /// that everybody uses joins nobody.
    pub network_share: f64,
    /// A finding about more actors, such as a refusal to many, joins none of them.
    pub actors: usize,
    /// Of those who act as an identity that was handed out, and of their findings, the first so many are joined.
    pub takers: usize,

    // What becomes an incident.
    /// The k-th strongest finding counts its points times this to the power of k.
    pub fade: f64,
    /// From this score on findings are an incident, of medium, high and critical level ...
    pub levels: [f64; 3],
    /// ... of which critical takes findings of so many rules or profiles that are of high level, or a critical one,
    /// and high takes one that is high ...
    pub grave: usize,
    /// ... if they show several tactics or several actors, go on for so many days, or one of them has this many points.
    pub lasting: usize,
    pub alone: f64,
}

/// The constants in use.
pub const TUNING: Tuning = Tuning {
    points: [0.2, 0.6, 2.5, 5.0, 8.0],
    refused: 0.5,
    habit_part: 0.3,
    habit_days: 3,
    habit: 0.2,
    start: 6 * HOUR,
    start_factor: 0.2,
    long: 72 * HOUR,
    least: 1.2,
    fusion: [1.0, 2.0],
    gap: 6 * HOUR,
    far: 24 * HOUR,
    met: 6 * HOUR,
    around: HOUR,
    network_share: 0.5,
    actors: 4,
    takers: 16,
    fade: 0.5,
    levels: [5.0, 8.0, 12.0],
    grave: 2,
    lasting: 3,
    alone: 10.0,
};

impl Default for Tuning {
    fn default() -> Tuning {
        TUNING
    }
}
