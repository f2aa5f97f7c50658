//! Other constants than those in use, by name.

use kaudit::anomaly::Tuning;

/// `sum_offset=0.7,half_life=36`.
pub fn tuning(text: &str) -> Tuning {
    let mut tuning = Tuning::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').expect("name=value");
        set(&mut tuning, name, value.parse().expect("a number"));
    }
    tuning
}

#[allow(clippy::too_many_lines, reason = "one line for each constant")]
fn set(tuning: &mut Tuning, name: &str, value: f64) {
    match name {
        "learn_part" => tuning.learn_part = value,
        "learn_own" => tuning.learn_own = value,
        "outside_part" => tuning.outside_part = value,
        "early" => tuning.early = value,
        "young_after" => tuning.young_after = value as u32,
        "young_part" => tuning.young_part = value,
        "young" => tuning.young = value,
        "young_weight" => tuning.young_weight = value,
        "young_hazard" => tuning.young_hazard = value,
        "saturated" => tuning.saturated = value as usize,
        "class_prior" => tuning.class_prior = value,
        "others_factor" => tuning.others_factor = value,
        "weight_cap" => tuning.weight_cap = value,
        "weight_floor" => tuning.weight_floor = value,
        "sensitive_floor" => tuning.sensitive_floor = value,
        "sensitive_factor" => tuning.sensitive_factor = value,
        "plain_read" => tuning.plain_read = value,
        "reads_full" => tuning.reads_full = value,
        "reads_more" => tuning.reads_more = value,
        "new_namespace" => tuning.new_namespace = value,
        "new_scope" => tuning.new_scope = value,
        "roaming" => tuning.roaming = value,
        "news_prior" => tuning.news_prior = value,
        "news_decay" => tuning.news_decay = value,
        "news_cap" => tuning.news_cap = value,
        "news_units" => tuning.news_units = value,
        "news_floor" => tuning.news_floor = value,
        "tail_prior" => tuning.tail_prior = value,
        "tail_class" => tuning.tail_class = value,
        "mean_floor" => tuning.mean_floor = value,
        "mean_prior" => tuning.mean_prior = value,
        "count_prior" => tuning.count_prior = value,
        "count_class" => tuning.count_class = value,
        "count_floor" => tuning.count_floor = value,
        "pareto_from" => tuning.pareto_from = value as usize,
        "pareto_index" => tuning.pareto_index = value,
        "count_offset" => tuning.count_offset = value,
        "sensitive_cap" => tuning.sensitive_cap = value,
        "volume_cap" => tuning.volume_cap = value,
        "denied_twice" => tuning.denied_twice = value,
        "when_cap" => tuning.when_cap = value,
        "when_offset" => tuning.when_offset = value,
        "when_from" => tuning.when_from = value,
        "when_duty" => tuning.when_duty = value,
        "when_days" => tuning.when_days = value as u32,
        "denied_weight" => tuning.denied_weight = value,
        "volume_weight" => tuning.volume_weight = value,
        "when_weight" => tuning.when_weight = value,
        "reaction" => tuning.reaction = value,
        "reaction_identity" => tuning.reaction_identity = value,
        "same_program" => tuning.same_program = value,
        "start_floor" => tuning.start_floor = value,
        "half_life" => tuning.half_life = value,
        "sum_offset" => tuning.sum_offset = value,
        "sum_cap" => tuning.sum_cap = value,
        "sum_from" => tuning.sum_from = value,
        "short_half_life" => tuning.short_half_life = value,
        "short_sum_offset" => tuning.short_sum_offset = value,
        "short_sum_from" => tuning.short_sum_from = value,
        "short_history" => tuning.short_history = value as u32,
        "slow_half_life" => tuning.slow_half_life = value,
        "slow_offset" => tuning.slow_offset = value,
        "slow_weight" => tuning.slow_weight = value,
        "cluster_half_life" => tuning.cluster_half_life = value,
        "cluster_from" => tuning.cluster_from = value,
        "episode_gap" => tuning.episode_gap = value as u32,
        "low" => tuning.low = value,
        "medium" => tuning.medium = value,
        "high" => tuning.high = value,
        "short_low" => tuning.short_low = value,
        "short_medium" => tuning.short_medium = value,
        "short_high" => tuning.short_high = value,
        "reason_medium" => tuning.reason_medium = value,
        "reason_high" => tuning.reason_high = value,
        _ => panic!("no constant is called {name}"),
    }
}
