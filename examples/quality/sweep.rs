//! Other constants than those in use, by name, and what becomes of the figures when each is somewhat smaller or larger.

use Number::{Count, Real, Time, Windows};
use kaudit::anomaly::Tuning;
use kaudit::incident;

/// Where a constant stands.
pub enum Number<'t> {
    Real(&'t mut f64),
    Windows(&'t mut u32),
    Count(&'t mut usize),
    Time(&'t mut i64),
}

impl Number<'_> {
    fn get(&self) -> f64 {
        match self {
            Real(number) => **number,
            Windows(number) => f64::from(**number),
            Count(number) => **number as f64,
            Time(number) => **number as f64,
        }
    }

    fn set(&mut self, value: f64) {
        match self {
            Real(number) => **number = value,
            Windows(number) => **number = value as u32,
            Count(number) => **number = value as usize,
            Time(number) => **number = value as i64,
        }
    }

    /// A quarter more or less; a small whole number goes up or down by one at least.
    fn scale(&mut self, factor: f64) {
        let (old, new) = (self.get(), self.get() * factor);
        let is_real = matches!(self, Real(_));
        self.set(if is_real {
            new
        } else if factor > 1.0 {
            new.max(old + 1.0)
        } else {
            new.min(old - 1.0).max(0.0)
        });
    }
}

type Constant<T> = (&'static str, for<'t> fn(&'t mut T) -> Number<'t>);

/// `sum_offset=0.7,half_life=36`.
pub fn tuning(text: &str) -> Tuning {
    with(CONSTANTS, text)
}

/// The same of incidents.
pub fn joining(text: &str) -> incident::Tuning {
    with(JOINING, text)
}

fn with<T: Default>(constants: &[Constant<T>], text: &str) -> T {
    let mut tuning = T::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').expect("name=value");
        let (_, of) = constants.iter().find(|(known, _)| *known == name).expect("the name of a constant");
        of(&mut tuning).set(value.parse().expect("a number"));
    }
    tuning
}

/// Each constant by itself made smaller and larger by a quarter.
pub fn variants() -> Vec<(String, Tuning)> {
    varied(CONSTANTS)
}

/// The same of incidents.
pub fn joining_variants() -> Vec<(String, incident::Tuning)> {
    varied(JOINING)
}

fn varied<T: Default>(constants: &[Constant<T>]) -> Vec<(String, T)> {
    let one = |(name, of): &Constant<T>, factor: f64| {
        let mut tuning = T::default();
        of(&mut tuning).scale(factor);
        (format!("{name}={:.4}", of(&mut tuning).get()), tuning)
    };
    constants.iter().flat_map(|constant| [0.75, 1.25].map(|factor| one(constant, factor))).collect()
}

const CONSTANTS: &[Constant<Tuning>] = &[
    ("learn_part", |t| Real(&mut t.learn_part)),
    ("learn_own", |t| Real(&mut t.learn_own)),
    ("outside_part", |t| Real(&mut t.outside_part)),
    ("early", |t| Real(&mut t.early)),
    ("young_part", |t| Real(&mut t.young_part)),
    ("young", |t| Real(&mut t.young)),
    ("young_weight", |t| Real(&mut t.young_weight)),
    ("young_hazard", |t| Real(&mut t.young_hazard)),
    ("class_prior", |t| Real(&mut t.class_prior)),
    ("others_factor", |t| Real(&mut t.others_factor)),
    ("weight_cap", |t| Real(&mut t.weight_cap)),
    ("weight_floor", |t| Real(&mut t.weight_floor)),
    ("sensitive_floor", |t| Real(&mut t.sensitive_floor)),
    ("sensitive_factor", |t| Real(&mut t.sensitive_factor)),
    ("plain_read", |t| Real(&mut t.plain_read)),
    ("reads_full", |t| Real(&mut t.reads_full)),
    ("reads_more", |t| Real(&mut t.reads_more)),
    ("new_namespace", |t| Real(&mut t.new_namespace)),
    ("new_scope", |t| Real(&mut t.new_scope)),
    ("new_secrets", |t| Real(&mut t.new_secrets)),
    ("program_secrets", |t| Real(&mut t.program_secrets)),
    ("refused", |t| Real(&mut t.refused)),
    ("short_sensitive", |t| Real(&mut t.short_sensitive)),
    ("short_agent", |t| Real(&mut t.short_agent)),
    ("roaming", |t| Real(&mut t.roaming)),
    ("news_prior", |t| Real(&mut t.news_prior)),
    ("news_decay", |t| Real(&mut t.news_decay)),
    ("news_cap", |t| Real(&mut t.news_cap)),
    ("news_units", |t| Real(&mut t.news_units)),
    ("news_floor", |t| Real(&mut t.news_floor)),
    ("image_floor", |t| Real(&mut t.image_floor)),
    ("tail_prior", |t| Real(&mut t.tail_prior)),
    ("tail_class", |t| Real(&mut t.tail_class)),
    ("mean_floor", |t| Real(&mut t.mean_floor)),
    ("mean_prior", |t| Real(&mut t.mean_prior)),
    ("count_prior", |t| Real(&mut t.count_prior)),
    ("count_class", |t| Real(&mut t.count_class)),
    ("count_floor", |t| Real(&mut t.count_floor)),
    ("pareto_index", |t| Real(&mut t.pareto_index)),
    ("count_offset", |t| Real(&mut t.count_offset)),
    ("sensitive_cap", |t| Real(&mut t.sensitive_cap)),
    ("volume_cap", |t| Real(&mut t.volume_cap)),
    ("denied_twice", |t| Real(&mut t.denied_twice)),
    ("when_cap", |t| Real(&mut t.when_cap)),
    ("when_offset", |t| Real(&mut t.when_offset)),
    ("when_from", |t| Real(&mut t.when_from)),
    ("when_duty", |t| Real(&mut t.when_duty)),
    ("denied_weight", |t| Real(&mut t.denied_weight)),
    ("volume_weight", |t| Real(&mut t.volume_weight)),
    ("when_weight", |t| Real(&mut t.when_weight)),
    ("reaction", |t| Real(&mut t.reaction)),
    ("reaction_identity", |t| Real(&mut t.reaction_identity)),
    ("same_program", |t| Real(&mut t.same_program)),
    ("start_floor", |t| Real(&mut t.start_floor)),
    ("half_life", |t| Real(&mut t.half_life)),
    ("sum_offset", |t| Real(&mut t.sum_offset)),
    ("sum_cap", |t| Real(&mut t.sum_cap)),
    ("sum_from", |t| Real(&mut t.sum_from)),
    ("short_sum_offset", |t| Real(&mut t.short_sum_offset)),
    ("short_sum_from", |t| Real(&mut t.short_sum_from)),
    ("slow_half_life", |t| Real(&mut t.slow_half_life)),
    ("slow_offset", |t| Real(&mut t.slow_offset)),
    ("slow_weight", |t| Real(&mut t.slow_weight)),
    ("program_offset", |t| Real(&mut t.program_offset)),
    ("cluster_half_life", |t| Real(&mut t.cluster_half_life)),
    ("cluster_from", |t| Real(&mut t.cluster_from)),
    ("surge_shape", |t| Real(&mut t.surge_shape)),
    ("object_first", |t| Real(&mut t.object_first)),
    ("object_next", |t| Real(&mut t.object_next)),
    ("rollout", |t| Real(&mut t.rollout)),
    ("low", |t| Real(&mut t.low)),
    ("medium", |t| Real(&mut t.medium)),
    ("high", |t| Real(&mut t.high)),
    ("short_low", |t| Real(&mut t.short_low)),
    ("short_medium", |t| Real(&mut t.short_medium)),
    ("short_high", |t| Real(&mut t.short_high)),
    ("reason_medium", |t| Real(&mut t.reason_medium)),
    ("reason_high", |t| Real(&mut t.reason_high)),
    ("young_after", |t| Windows(&mut t.young_after)),
    ("short_history", |t| Windows(&mut t.short_history)),
    ("object_known", |t| Windows(&mut t.object_known)),
    ("rollout_writes", |t| Windows(&mut t.rollout_writes)),
    ("episode_gap", |t| Windows(&mut t.episode_gap)),
    ("when_days", |t| Windows(&mut t.when_days)),
    ("saturated", |t| Count(&mut t.saturated)),
    ("pareto_from", |t| Count(&mut t.pareto_from)),
    ("object_writers", |t| Count(&mut t.object_writers)),
    ("learn_least", |t| Real(&mut t.learn_range.0)),
    ("learn_most", |t| Real(&mut t.learn_range.1)),
    ("cap_network", |t| Real(&mut t.caps[0])),
    ("cap_agent", |t| Real(&mut t.caps[1])),
    ("cap_what", |t| Real(&mut t.caps[2])),
    ("cap_denied", |t| Real(&mut t.caps[3])),
    ("cap_image", |t| Real(&mut t.caps[4])),
    ("promise_medium", |t| Real(&mut t.promise[0])),
    ("promise_high", |t| Real(&mut t.promise[1])),
    ("moderate_from", |t| Real(&mut t.moderate.0)),
    ("moderate_to", |t| Real(&mut t.moderate.1)),
    ("fall_rate", |t| Real(&mut t.fall_prior.0)),
    ("fall_weight", |t| Real(&mut t.fall_prior.1)),
    ("hour_offset", |t| Real(&mut t.longer[0].offset)),
    ("hour_learn", |t| Real(&mut t.longer[0].learn)),
    ("hour_prior", |t| Real(&mut t.longer[0].prior)),
    ("hour_floor", |t| Real(&mut t.longer[0].floor)),
    ("hour_refused", |t| Real(&mut t.longer[0].refused)),
    ("day_offset", |t| Real(&mut t.longer[1].offset)),
    ("day_learn", |t| Real(&mut t.longer[1].learn)),
    ("day_prior", |t| Real(&mut t.longer[1].prior)),
    ("day_floor", |t| Real(&mut t.longer[1].floor)),
    ("day_refused", |t| Real(&mut t.longer[1].refused)),
];

const JOINING: &[Constant<incident::Tuning>] = &[
    ("refused", |t| Real(&mut t.refused)),
    ("habit_part", |t| Real(&mut t.habit_part)),
    ("habit", |t| Real(&mut t.habit)),
    ("start_factor", |t| Real(&mut t.start_factor)),
    ("least", |t| Real(&mut t.least)),
    ("network_share", |t| Real(&mut t.network_share)),
    ("fade", |t| Real(&mut t.fade)),
    ("alone", |t| Real(&mut t.alone)),
    ("points_info", |t| Real(&mut t.points[0])),
    ("points_low", |t| Real(&mut t.points[1])),
    ("points_medium", |t| Real(&mut t.points[2])),
    ("points_high", |t| Real(&mut t.points[3])),
    ("points_critical", |t| Real(&mut t.points[4])),
    ("fusion_medium", |t| Real(&mut t.fusion[0])),
    ("fusion_high", |t| Real(&mut t.fusion[1])),
    ("level_medium", |t| Real(&mut t.levels[0])),
    ("level_high", |t| Real(&mut t.levels[1])),
    ("level_critical", |t| Real(&mut t.levels[2])),
    ("start", |t| Time(&mut t.start)),
    ("long", |t| Time(&mut t.long)),
    ("gap", |t| Time(&mut t.gap)),
    ("far", |t| Time(&mut t.far)),
    ("met", |t| Time(&mut t.met)),
    ("around", |t| Time(&mut t.around)),
    ("habit_days", |t| Count(&mut t.habit_days)),
    ("actors", |t| Count(&mut t.actors)),
    ("takers", |t| Count(&mut t.takers)),
    ("lasting", |t| Count(&mut t.lasting)),
    ("grave", |t| Count(&mut t.grave)),
];
