//! Gaps planted in made-up rhythms, and none where none were planted.

use super::*;
use crate::time::{DAY, HOUR, MINUTE, SECOND};

/// A sequence that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 1.0) / (1u64 << 53) as f64
    }

    /// Exponential with this mean.
    fn wait(&mut self, mean: i64) -> i64 {
        (-self.roll().ln() * mean as f64) as i64
    }
}

const START: i64 = 20_000 * DAY;

/// Bursts of requests at random times, `busy` telling how much is done at an hour of the day.
fn bursts(days: i64, mean: i64, seed: u64, busy: impl Fn(i64) -> f64) -> Vec<i64> {
    let (mut dice, mut time, mut times) = (Dice(seed), START, Vec::new());
    while time < START + days * DAY {
        time += dice.wait(mean);
        if dice.roll() < busy((time - START) / HOUR) {
            let burst = 1 + (dice.roll() * dice.roll() * 12.0) as i64;
            times.extend((0..burst).map(|at| time + at * SECOND / 20));
        }
    }
    times
}

fn without(times: &[i64], from: i64, to: i64) -> Vec<i64> {
    times.iter().copied().filter(|time| !(START + from..START + to).contains(time)).collect()
}

fn rhythm(times: &[i64], file: impl Fn(i64) -> u32) -> Rhythm {
    let mut rhythm = Rhythm::default();
    times.iter().for_each(|time| rhythm.add(*time, file(*time)));
    rhythm
}

/// Gaps as minutes since the start: from, to.
fn gaps(times: &[i64]) -> Vec<(i64, i64)> {
    let gaps = rhythm(times, |_| 0).gaps(|_, _| false).unwrap();
    gaps.iter().map(|gap| ((gap.from - START) / MINUTE, (gap.to - START) / MINUTE)).collect()
}

fn office(hour: i64) -> f64 {
    if (8..18).contains(&(hour % 24)) { 1.0 } else { 0.0 }
}

fn day_and_night(hour: i64) -> f64 {
    if (8..18).contains(&(hour % 24)) { 1.0 } else { 0.1 }
}

#[test]
fn regular_rhythms_have_no_gaps() {
    let beat = |step: i64, count: i64| (0..count).map(|at| START + at * step).collect::<Vec<_>>();
    for step in [SECOND / 100, 2 * SECOND, 10 * SECOND, 10 * MINUTE, 7 * HOUR] {
        assert_eq!(gaps(&beat(step, 3000)), []);
    }
    for seed in 0..6 {
        let steady = bursts(3, MINUTE, seed, |_| 1.0);
        for faster in [600, 12, 1] {
            let times: Vec<i64> = steady.iter().map(|time| START + (time - START) / faster).collect();
            assert_eq!(gaps(&times), [], "seed {seed}, {faster} times as fast");
        }
        assert_eq!(gaps(&bursts(12, MINUTE, seed, day_and_night)), [], "seed {seed}");
        assert_eq!(gaps(&bursts(12, MINUTE, seed, office)), [], "seed {seed}");
        let weekdays = |hour: i64| if hour / 24 % 7 < 5 { office(hour) } else { 0.0 };
        assert_eq!(gaps(&bursts(21, MINUTE, seed, weekdays)), [], "seed {seed}");
    }
}

#[test]
fn jobs_that_run_every_hour_are_a_rhythm() {
    let times: Vec<i64> =
        (0..4 * 24).flat_map(|hour| (0..30).map(move |at| START + hour * HOUR + at * SECOND)).collect();
    assert_eq!(gaps(&times), []);
}

#[test]
fn planted_gaps_are_found_to_the_minute() {
    for seed in 0..6 {
        let steady = bursts(3, 10 * SECOND, seed, |_| 1.0);
        assert_eq!(
            gaps(&without(&steady, 26 * HOUR, 27 * HOUR)),
            [(26 * 60 - 1, 27 * 60)].map(near(&steady, 26 * HOUR, 27 * HOUR))
        );
        let daily = bursts(12, MINUTE, seed, day_and_night);
        assert_eq!(gaps(&without(&daily, 106 * HOUR, 110 * HOUR)).len(), 1, "by day, seed {seed}");
        let office = bursts(12, MINUTE, seed, office);
        assert_eq!(gaps(&without(&office, 106 * HOUR, 110 * HOUR)).len(), 1, "at work, seed {seed}");
        let twice = without(&without(&steady, 26 * HOUR, 27 * HOUR), 30 * HOUR, 31 * HOUR);
        assert_eq!(gaps(&twice).len(), 2, "two of them, seed {seed}");
    }
}

/// The gap as it must be: between the last event before and the first one after.
fn near(times: &[i64], from: i64, to: i64) -> impl Fn((i64, i64)) -> (i64, i64) {
    let before = times.iter().filter(|time| **time < START + from).max().copied().unwrap();
    let after = times.iter().filter(|time| **time >= START + to).min().copied().unwrap();
    move |_| ((before - START) / MINUTE, (after - START) / MINUTE)
}

#[test]
fn what_is_expected_in_a_gap_is_what_was_taken_out() {
    let times = bursts(2, SECOND, 7, |_| 1.0);
    let left = without(&times, 20 * HOUR, 21 * HOUR);
    let taken = (times.len() - left.len()) as f64;
    let gaps = rhythm(&left, |_| 0).gaps(|_, _| false).unwrap();
    let expected = gaps[0].expected as f64;
    assert!((expected / taken - 1.0).abs() < 0.05, "{expected} for {taken}");
}

#[test]
fn missing_members_of_a_rotated_set_do_not_hide_each_other() {
    // Of files of one hour each, every third was kept.
    let times = bursts(2, SECOND, 3, |hour| if hour % 3 == 0 { 1.0 } else { 0.0 });
    let file = |time: i64| ((time - START) / (3 * HOUR)) as u32;
    let gaps = rhythm(&times, file).gaps(|one, other| one != other).unwrap();
    assert_eq!(gaps.len(), 15);
    assert!(gaps.iter().all(|gap| gap.rotated && gap.files.0 + 1 == gap.files.1));
}

#[test]
fn a_wrong_time_makes_no_gap_and_few_events_no_rhythm() {
    let mut times = bursts(1, SECOND, 3, |_| 1.0);
    times.extend([0, START + 4000 * DAY]);
    assert_eq!(gaps(&times), []);
    assert!(rhythm(&times[..30], |_| 0).gaps(|_, _| false).is_none());
}

#[test]
fn rhythms_are_bounded_and_do_not_depend_on_order() {
    let times = without(&bursts(2, SECOND, 3, |_| 1.0), 20 * HOUR, 22 * HOUR);
    let find = |times: &mut dyn Iterator<Item = i64>, cells| {
        let mut rhythm = Rhythm::with_cells(cells);
        times.for_each(|time| rhythm.add(time, 0));
        assert!(rhythm.beats().len() <= cells);
        rhythm.gaps(|_, _| false).unwrap()
    };
    let ahead = find(&mut times.iter().copied(), 1 << 10);
    assert_eq!(ahead, find(&mut times.iter().rev().copied(), 1 << 10));
    assert_eq!(ahead, find(&mut times.iter().copied(), 1 << 18));
    assert_eq!(ahead.len(), 1);
}

fn fact(id: u128, stage: Stage, received: i64) -> Fact {
    let hex = format!("{id:032x}");
    let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    Fact {
        written: Some(received),
        received: Some(received),
        id: Some(AuditId::of(crate::event::Text::plain(&id))),
        stage,
        level: AuditLevel::Metadata,
        truncated: false,
        cut: false,
        origin: 0,
        offset: 0,
        line: 0,
    }
}

fn place(line: u64) -> Evidence {
    Evidence { file: 0, offset: line * 100, line }
}

#[test]
fn duplicates_reused_ids_and_unfinished_requests_are_told_apart() {
    use Stage::*;
    let mut requests = Requests::default();
    let mut add =
        |cluster, id, stage, received| requests.add(cluster, &fact(id, stage, received), &place(1)).1;
    assert_eq!(add(0, 1, RequestReceived, 5), Seen::New);
    assert_eq!(add(0, 1, ResponseComplete, 5), Seen::New);
    assert_eq!(add(0, 1, ResponseComplete, 5), Seen::Twice);
    assert_eq!(add(0, 1, ResponseComplete, 6), Seen::Reused);
    assert_eq!(add(1, 1, ResponseComplete, 5), Seen::New, "another cluster");
    assert_eq!(add(0, 2, RequestReceived, 7), Seen::New);
    assert_eq!(add(0, 3, RequestReceived, 8), Seen::New);
    assert_eq!(add(0, 3, ResponseStarted, 8), Seen::New);
    let open = requests.unfinished(0);
    assert_eq!((open.count, open.begun, open.last), (2, 1, Some(8)));
    assert_eq!(open.samples[0].0.as_deref(), Some("00000000-0000-0000-0000-000000000002"));
    assert_eq!(requests.unfinished(1).count, 0);
}

#[test]
fn requests_beyond_the_limit_are_estimated_alike_in_any_order() {
    let ids: Vec<u128> = (1..=20_000).map(|id| id * 7919).collect();
    let run = |ids: &mut dyn Iterator<Item = &u128>| {
        let mut requests = Requests::with_limit(1000);
        ids.for_each(|id| {
            requests.add(0, &fact(*id, Stage::RequestReceived, 1), &place(*id as u64));
        });
        (requests.share(), requests.unfinished(0))
    };
    let (share, open) = run(&mut ids.iter());
    let (other_share, other) = run(&mut ids.iter().rev());
    assert_eq!((share, open.count, &open.samples), (other_share, other.count, &other.samples));
    assert!(!share.is_all() && (18_000..22_000).contains(&open.count), "{}", open.count);
}

#[test]
fn clocks() {
    let mut clock = Clock::default();
    let minutes = [0, 1, 2, 500, 3, 4, 1, 2, 3];
    for (line, minute) in (1..).zip(minutes) {
        clock.add(&fact(1, Stage::ResponseComplete, minute * MINUTE), &place(line));
    }
    clock.add(&Fact { received: Some(DAY), ..fact(1, Stage::ResponseComplete, 4 * MINUTE) }, &place(10));
    let lines = |reason: &Reason| reason.samples().iter().map(|place| place.line).collect::<Vec<_>>();
    assert_eq!(
        (lines(&clock.ahead), lines(&clock.jumps), lines(&clock.before_received)),
        (vec![4], vec![7], vec![10])
    );
    assert_eq!((clock.late, clock.latest), (1, 3 * MINUTE));
}
