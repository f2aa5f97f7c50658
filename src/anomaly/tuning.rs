//! Every number that decides what is anomalous, in one place.

use super::profile::{DAY, HOUR};

/// Which terms of the score are in use. All of them, except when their worth is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What peers do makes a new value less of news.
    pub peers: bool,
    /// New values.
    pub novelty: bool,
    /// Counts within a window.
    pub counters: bool,
    /// The sum over windows that fades with time.
    pub sum: bool,
    /// Reactions of the control plane count less.
    pub discount: bool,
    /// Principals that turn up late.
    pub young: bool,
    /// Actions that intrusions need count more.
    pub sensitivity: bool,
    /// Time of day.
    pub time: bool,
    /// First changes of objects that a whole cluster hangs on.
    pub objects: bool,
    /// Evidence gathered over hours and days.
    pub longer: bool,
    /// Levels are lowered where history shows that such scores are common.
    pub promise: bool,
    /// Whose images are run.
    pub images: bool,
}

/// How evidence is gathered over longer times than windows of five minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Longer {
    /// Windows of five minutes.
    pub scale: u32,
    /// Taken off the score: what is told of as a whole is one more chance to be wrong.
    pub offset: f64,
    /// Such times that must lie before news counts in full.
    pub learn: f64,
    /// Weights of prior belief are given in windows; of such times this part of them.
    pub prior: f64,
    /// News within such a time is never thought rarer than this.
    pub floor: f64,
    /// So many principals at least are thought to be refused something new within such a time, in any cluster.
    pub refused: f64,
}

/// All of them.
pub const TERMS: Terms = Terms {
    peers: true,
    novelty: true,
    counters: true,
    sum: true,
    discount: true,
    young: true,
    sensitivity: true,
    time: true,
    objects: true,
    longer: true,
    promise: true,
    images: true,
};

impl Default for Terms {
    fn default() -> Terms {
        TERMS
    }
}

/// The constants of the method. A window is five minutes; evidence is in tenths: 1 means that as much is seen
/// by chance in one of ten windows, 2 in one of a hundred.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub terms: Terms,

    // What is new.
    /// Own active windows that must lie before a new value: this part of the windows of the input ...
    pub learn_part: f64,
    /// ... but at least and at most so many.
    pub learn_range: (f64, f64),
    /// Whoever is seldom active is known after this part of its windows, but not before the least number.
    pub learn_own: f64,
    /// Part of the own active windows that must lie outside the time in which the value occurs.
    pub outside_part: f64,
    /// A value that came before enough was known counts this much.
    pub early: f64,
    /// A principal is young if the cluster was watched before it for this long ...
    pub young_after: u32,
    /// ... or for this part of the input.
    pub young_part: f64,
    /// A value of a young principal counts this much ...
    pub young: f64,
    /// ... if it is sensitive, denied, or weighs as much by rarity.
    pub young_weight: f64,
    /// News of a young principal is thought no likelier than this.
    pub young_hazard: f64,
    /// Values of one kind beyond which new ones are no news.
    pub saturated: usize,

    // What peers make of it.
    /// Peers of the own class weigh `o / (o + this)`, `o` being their number.
    pub class_prior: f64,
    /// Those of other classes count for so many times their share.
    pub others_factor: f64,
    /// No value weighs more by rarity.
    pub weight_cap: f64,
    /// A value that weighs less is no news.
    pub weight_floor: f64,
    /// A sensitive value weighs at least this ...
    pub sensitive_floor: f64,
    /// ... times this.
    pub sensitive_factor: f64,
    /// Reading an ordinary resource weighs so much less.
    pub plain_read: f64,
    /// New reads of ordinary resources within a window count in full up to this sum ...
    pub reads_full: f64,
    /// ... and beyond it this much.
    pub reads_more: f64,
    /// A namespace that is new to the principal, compared with an action that is.
    pub new_namespace: f64,
    /// A resource that is new to it in a namespace that is not.
    pub new_scope: f64,
    /// The same for secrets ...
    pub new_secrets: f64,
    /// ... and for those of a service account: a program does not look around.
    pub program_secrets: f64,
    /// A new action that intrusions need, if it was denied.
    pub refused: f64,
    /// Where history is short, what intrusions need counts so many times more ...
    pub short_sensitive: f64,
    /// ... and a new client this much.
    pub short_agent: f64,
    /// New namespaces mean less to classes whose members typically work in many: one less this times the share.
    pub roaming: f64,

    // How likely so much news is.
    /// Windows of prior belief about how often news comes.
    pub news_prior: f64,
    /// News comes less and less often: as age to the power of minus this.
    pub news_decay: f64,
    /// Windows with news of one peer that count for the class.
    pub news_cap: f64,
    /// Weight of all classes together when a class is estimated.
    pub news_units: f64,
    /// News is never thought rarer than this.
    pub news_floor: f64,
    /// Origins of images change so much less often than all else.
    pub image_floor: f64,
    /// Pseudo-windows of the tail of one's own news.
    pub tail_prior: f64,
    /// The tail of the class weighs this much.
    pub tail_class: f64,
    /// The mean amount of news is thought no smaller.
    pub mean_floor: f64,
    /// Weight of the class in that mean.
    pub mean_prior: f64,
    /// Caps of the evidence of new networks, clients, actions and scopes, denials, and origins of images.
    pub caps: [f64; 5],

    // How unusual a count is.
    /// Windows of prior belief about how often a counter moves.
    pub count_prior: f64,
    /// Pseudo-windows of the class in the tail.
    pub count_class: f64,
    /// A class tail is never thought thinner.
    pub count_floor: f64,
    /// From so many own counts on, their tail is thought no thinner than a Pareto tail ...
    pub pareto_from: usize,
    /// ... of this index or more.
    pub pareto_index: f64,
    /// Evidence of a count below this is none.
    pub count_offset: f64,
    pub sensitive_cap: f64,
    pub volume_cap: f64,
    /// The lesser of two evidences of denial counts this much.
    pub denied_twice: f64,

    // Time of day.
    pub when_cap: f64,
    pub when_offset: f64,
    /// Unusual hours count where the evidence of a new network, client or origin of images reaches this: by themselves
    /// they are those of whoever is on call.
    pub when_from: f64,
    /// Whoever is active in more of the windows has no hours.
    pub when_duty: f64,
    pub when_days: u32,

    // The score of a window.
    pub denied_weight: f64,
    pub volume_weight: f64,
    pub when_weight: f64,
    /// Activity of the control plane, unless its network or client is new.
    pub reaction: f64,
    /// That much evidence of a new network or client.
    pub reaction_identity: f64,
    /// New deeds of a service account whose network and client are the usual ones.
    pub same_program: f64,
    /// The first own windows count at least this.
    pub start_floor: f64,

    // The same over an hour and a day.
    pub longer: [Longer; 2],

    // The sum over time.
    pub half_life: f64,
    /// What each window must have to add to the sum.
    pub sum_offset: f64,
    pub sum_cap: f64,
    /// The sum shows in windows that reach this by themselves.
    pub sum_from: f64,
    /// The same for a history shorter than `short_history`.
    pub short_sum_offset: f64,
    pub short_sum_from: f64,
    /// Windows of the hours in which anything was seen of the cluster.
    pub short_history: u32,

    // The slow sum over days, of news of sensitive deeds only.
    pub slow_half_life: f64,
    pub slow_offset: f64,
    pub slow_weight: f64,
    /// The offset for service accounts, whose days are alike.
    pub program_offset: f64,

    // Failed logins from networks that were never seen before, added up over a whole cluster.
    pub cluster_half_life: f64,
    /// What the evidence of one such network must reach.
    pub cluster_from: f64,

    // Principals of a whole cluster that are refused within an hour or a day what they never asked for.
    /// Hours and days are thought to differ as a gamma distribution of this shape does: a working day is not like a
    /// Sunday.
    pub surge_shape: f64,

    // First changes of objects that a whole cluster hangs on.
    /// Windows for which an object must have been there.
    pub object_known: u32,
    /// What such a change scores where nobody was ever seen to change it ...
    pub object_first: f64,
    /// ... and where others were, but fewer than `object_writers`.
    pub object_next: f64,
    pub object_writers: usize,
    /// Whoever writes so often within an hour before and after rolls something out ...
    pub rollout_writes: u32,
    /// ... and such a change counts this much.
    pub rollout: f64,

    // What becomes a detection.
    /// Windows of one entity closer than this are one detection.
    pub episode_gap: u32,
    pub low: f64,
    pub medium: f64,
    pub high: f64,
    /// The same for a history shorter than `short_history`.
    pub short_low: f64,
    pub short_medium: f64,
    pub short_high: f64,
    // How often a score comes up by chance.
    /// How many detections of medium and of high confidence one entity may have in a week by chance: of some thirty
    /// people, 0.2 and 0.02 a day.
    pub promise: [f64; 2],
    /// How fast scores fall off is estimated from those between these ...
    pub moderate: (f64, f64),
    /// ... and is thought to be this, with the weight of so many of them.
    pub fall_prior: (f64, f64),

    /// From this evidence on a reason is of medium and of high level.
    pub reason_medium: f64,
    pub reason_high: f64,
}

/// From which score on a detection is of low, medium and high confidence.
pub type Levels = [f64; 3];

impl Tuning {
    /// The same for longer times.
    pub fn over(&self, longer: Longer) -> Tuning {
        let Longer { scale, learn, prior, floor, .. } = longer;
        Tuning {
            learn_range: (learn, self.learn_range.1.max(learn)),
            young_after: (self.young_after / scale).max(1),
            news_prior: self.news_prior * prior,
            news_floor: floor,
            count_prior: self.count_prior * prior,
            ..*self
        }
    }

    /// Half-life in windows, offset and least score of the sum over time.
    pub fn sum(&self, is_short: bool) -> [f64; 3] {
        match is_short {
            true => [self.half_life, self.short_sum_offset, self.short_sum_from],
            false => [self.half_life, self.sum_offset, self.sum_from],
        }
    }

    pub fn levels(&self, is_short: bool) -> Levels {
        match is_short {
            true => [self.short_low, self.short_medium, self.short_high],
            false => [self.low, self.medium, self.high],
        }
    }
}

/// The constants in use.
pub const TUNING: Tuning = Tuning {
    terms: TERMS,
    learn_part: 1.0 / 48.0,
    learn_range: (5.0, 24.0),
    learn_own: 0.33,
    outside_part: 0.4,
    early: 0.6,
    young_after: DAY,
    young_part: 0.15,
    young: 0.9,
    young_weight: 0.5,
    young_hazard: 0.03,
    saturated: 1024,
    class_prior: 4.0,
    others_factor: 4.0,
    weight_cap: 1.25,
    weight_floor: 0.12,
    sensitive_floor: 0.15,
    sensitive_factor: 1.2,
    plain_read: 0.4,
    reads_full: 1.0,
    reads_more: 0.4,
    new_namespace: 0.3,
    new_scope: 0.2,
    new_secrets: 0.3,
    program_secrets: 1.0,
    refused: 1.5,
    short_sensitive: 1.3,
    short_agent: 0.6,
    roaming: 1.5,
    news_prior: 1000.0,
    news_decay: 0.6,
    news_cap: 8.0,
    news_units: 30.0,
    news_floor: 1.0 / 288.0,
    // Once a week instead of once a day.
    image_floor: 1.0 / 7.0,
    tail_prior: 2.0,
    tail_class: 0.3,
    mean_floor: 0.4,
    mean_prior: 3.0,
    caps: [4.0, 4.0, 6.0, 4.0, 4.0],
    count_prior: 60.0,
    count_class: 4.0,
    count_floor: 0.015,
    pareto_from: 8,
    pareto_index: 0.3,
    count_offset: 1.6,
    sensitive_cap: 4.0,
    volume_cap: 2.5,
    denied_twice: 0.3,
    when_cap: 1.5,
    when_offset: 1.0,
    when_from: 1.5,
    when_duty: 0.5,
    when_days: 4,
    denied_weight: 0.7,
    volume_weight: 0.6,
    when_weight: 0.7,
    reaction: 0.4,
    reaction_identity: 1.5,
    same_program: 0.6,
    start_floor: 0.3,
    longer: [
        Longer { scale: HOUR, offset: 0.5, learn: 5.0, prior: 0.25, floor: 1.0 / 24.0, refused: 0.1 },
        Longer { scale: DAY, offset: 1.0, learn: 3.0, prior: 0.03, floor: 0.1, refused: 1.0 },
    ],
    half_life: 4.0 * HOUR as f64,
    sum_offset: 0.5,
    sum_cap: 12.0,
    sum_from: 1.2,
    short_sum_offset: 0.7,
    short_sum_from: 1.0,
    short_history: 3 * DAY,
    slow_half_life: 2.0 * DAY as f64,
    slow_offset: 0.3,
    slow_weight: 1.0,
    program_offset: 0.1,
    cluster_half_life: 2.0 * DAY as f64,
    cluster_from: 1.0,
    surge_shape: 2.0,
    object_known: DAY,
    object_first: 4.6,
    object_next: 3.2,
    object_writers: 3,
    rollout_writes: 12,
    rollout: 0.7,
    episode_gap: 6 * HOUR,
    low: 3.0,
    medium: 4.5,
    high: 7.0,
    short_low: 4.5,
    short_medium: 5.5,
    // Above `sum_cap`: with so little history nothing is high.
    short_high: 20.0,
    promise: [0.05, 0.005],
    moderate: (2.5, 5.0),
    fall_prior: (1.0, 20.0),
    reason_medium: 2.5,
    reason_high: 4.0,
};

impl Default for Tuning {
    fn default() -> Tuning {
        TUNING
    }
}
