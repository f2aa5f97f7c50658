//! Why a detection was made, in words and numbers.

use super::action::Action;
use super::cell::Counter;
use super::evidence::{Mark, Sample};
use super::novelty::{Group, Novel};
use super::peers::Share;
use super::profile::{DAY, HOUR, WINDOW};
use super::score::Scored;
use super::subject::{Scene, Subject};
use super::tuning::Tuning;
use super::value::{Dim, Value};
use crate::finding::Confidence;
use std::collections::BTreeMap;

/// What the entity's own windows show: nine of ten lie in this range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub low: u64,
    pub high: u64,
    /// Own active windows.
    pub windows: usize,
}

/// One reason of a detection.
#[derive(Clone, Debug)]
pub struct Reason {
    pub doc: String,
    pub pattern: &'static Pattern,
    /// Whether what is unusual writes.
    pub writes: bool,
    pub level: Confidence,
    /// Length of the times that are counted, microseconds.
    pub period: i64,
    /// One number for each window that contributes, in the order of time.
    pub values: Vec<u64>,
    /// The strongest evidence of one window, as -log10 of how often that much is seen by chance.
    pub evidence: f64,
    pub expected: Expected,
    /// How many of its peers were ever seen with the most telling of the new values.
    pub peers: Option<Share>,
    pub peers_are: &'static str,
    /// The new values, the most telling first.
    pub seen: Vec<String>,
    pub samples: Vec<Sample>,
    /// The key of the context under which requests are quoted.
    pub context: &'static str,
}

impl Reason {
    /// `create pods/exec, get secrets and 3 more`, `12 distinct secrets read`.
    pub fn brief(&self) -> String {
        match self.seen.as_slice() {
            [] => {
                let most = self.values.iter().max().copied().unwrap_or(0);
                format!("{most} {}", self.doc.trim_start_matches("change in count of "))
            }
            [one] => one.clone(),
            [one, two] => format!("{one}, {two}"),
            [one, two, more @ ..] => format!("{one}, {two} and {} more", more.len()),
        }
    }

    /// `change in count of unseen user agents: 1 seen (expected 0 of 523 windows; 0 of 27 users): curl`.
    pub fn said(&self) -> String {
        let Expected { low, high, windows } = self.expected;
        let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
        let (within, times) = match self.period / WINDOW {
            one if one == i64::from(HOUR) => (" in an hour", "hours"),
            one if one == i64::from(DAY) => (" in a day", "days"),
            _ => ("", "windows"),
        };
        let values: Vec<String> = self.values.iter().map(u64::to_string).collect();
        let peers = self.peers.map_or(String::new(), |share| {
            format!("; {} of {} other {}", share.seen, share.others, self.peers_are)
        });
        let seen = match self.seen.len() {
            0 => String::new(),
            1..=4 => format!(": {}", self.seen.join(", ")),
            more => format!(": {} and {} more", self.seen[..3].join(", "), more - 3),
        };
        format!(
            "{}: {} seen{}, {range} expected in {windows} own {times}{peers}{seen}",
            self.doc,
            values.join(", "),
            within
        )
    }
}

pub fn strongest_first(reasons: &mut [Reason]) {
    reasons.sort_by(|a, b| b.evidence.total_cmp(&a.evidence).then_with(|| a.doc.cmp(&b.doc)));
}

fn level(evidence: f64, tuning: &Tuning) -> Confidence {
    match evidence {
        _ if evidence >= tuning.reason_high => Confidence::High,
        _ if evidence >= tuning.reason_medium => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// The reason of a cluster whose failed logins come from ever new networks.
pub fn sources(
    seen: Vec<String>,
    samples: Vec<Sample>,
    evidence: f64,
    expected: Expected,
    tuning: &Tuning,
) -> Reason {
    Reason {
        doc: "change in count of source networks that fail to log in".to_owned(),
        pattern: REFUSALS,
        writes: false,
        level: level(evidence, tuning),
        period: WINDOW,
        values: vec![1; seen.len()],
        evidence,
        expected,
        peers: None,
        peers_are: "",
        seen,
        samples,
        context: DENIED.context,
    }
}

/// The reason of a cluster in which so many principals at once are refused what they never asked for.
pub fn refusals(
    seen: Vec<String>,
    samples: Vec<Sample>,
    (evidence, count, period): (f64, u64, i64),
    expected: Expected,
    tuning: &Tuning,
) -> Reason {
    Reason {
        doc: "change in count of principals that are refused something new".to_owned(),
        pattern: REFUSALS,
        writes: true,
        level: level(evidence, tuning),
        period,
        values: vec![count],
        evidence,
        expected,
        peers: None,
        peers_are: "",
        seen,
        samples,
        context: DENIED.context,
    }
}

/// The reason of an object that somebody changes for the first time, after so many others, in a cluster of which so
/// many windows were seen.
pub fn writer(
    principal: &str,
    sample: Sample,
    evidence: f64,
    (before, windows): (usize, usize),
    tuning: &Tuning,
) -> Reason {
    let before = before as u64;
    Reason {
        doc: "change in count of principals that change it".to_owned(),
        pattern: OBJECT,
        writes: true,
        level: level(evidence, tuning),
        period: WINDOW,
        values: vec![before + 1],
        evidence,
        expected: Expected { low: before, high: before, windows },
        peers: None,
        peers_are: "",
        seen: vec![principal.to_owned()],
        samples: vec![sample],
        context: "unusual-uri",
    }
}

/// All that reasons of one entity are made from.
pub struct Teller<'t, 'p> {
    pub scene: &'t Scene<'p>,
    pub subject: &'t Subject<'p>,
    pub novel: &'t [Novel],
    pub tuning: &'t Tuning,
}

/// What kind of change a detection is, after its strongest reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
}

pub const PATTERNS: &[Pattern] = &[
    Pattern {
        id: "anomaly-usage-pattern",
        title: "Change in usage pattern",
        description: "An entity did what it had not done before and few of its peers do: actions, or \
                      resources in namespaces.",
    },
    Pattern {
        id: "anomaly-new-location",
        title: "Access from a new location",
        description: "An entity came from a network that it had not come from before.",
    },
    Pattern {
        id: "anomaly-new-client",
        title: "Access with a new client",
        description: "An entity used a program that it had not used before.",
    },
    Pattern {
        id: "anomaly-denied-access",
        title: "Change in denied access",
        description: "An entity was denied what it was allowed before, or was denied unusually often.",
    },
    Pattern {
        id: "anomaly-sensitive-access",
        title: "Change in sensitive access",
        description: "An entity read secrets, changed access control, took tokens, checked permissions, deleted, \
                      or ran commands in pods unusually often.",
    },
    Pattern {
        id: "anomaly-access-volume",
        title: "Change in access volume",
        description: "An entity sent unusually many requests, or to unusually many places.",
    },
    Pattern {
        id: "anomaly-object-change",
        title: "Change of an object by somebody new",
        description: "Somebody changed an object of kube-system, or one outside all namespaces, that he had not \
                      changed before and few others ever did.",
    },
];

const USAGE: &Pattern = &PATTERNS[0];
const LOCATION: &Pattern = &PATTERNS[1];
const CLIENT: &Pattern = &PATTERNS[2];
const REFUSALS: &Pattern = &PATTERNS[3];
const SENSITIVE: &Pattern = &PATTERNS[4];
const VOLUME: &Pattern = &PATTERNS[5];
const OBJECT: &Pattern = &PATTERNS[6];

/// What a reason says of new values.
struct Told {
    doc: &'static str,
    pattern: &'static Pattern,
    context: &'static str,
}

const NETWORK: Told =
    Told { doc: "change in count of unseen source networks", pattern: LOCATION, context: "new-source" };
const AGENT: Told =
    Told { doc: "change in count of unseen user agents", pattern: CLIENT, context: "new-client" };
const DENIED: Told =
    Told { doc: "change in count of newly denied actions", pattern: REFUSALS, context: "denied-uri" };
const IMAGE: Told =
    Told { doc: "change in count of unseen origins of images", pattern: USAGE, context: "new-image" };
const READ: Told = Told {
    doc: "change in count of unusual URIs in read access attempts",
    pattern: USAGE,
    context: "unusual-uri",
};
const WRITE: Told = Told { doc: "change in count of unusual URIs in write access attempts", ..READ };

impl Teller<'_, '_> {
    /// The reasons for these windows, the strongest first.
    pub fn reasons(&self, windows: &[Scored]) -> Vec<Reason> {
        let groups = [
            (Group::Network, None, NETWORK),
            (Group::Agent, None, AGENT),
            (Group::What, Some(true), WRITE),
            (Group::What, Some(false), READ),
            (Group::Denied, None, DENIED),
            (Group::Image, None, IMAGE),
        ];
        let news =
            groups.into_iter().filter_map(|(group, writes, told)| self.news(windows, group, writes, told));
        let counts = Counter::ALL.iter().filter_map(|counter| self.count(windows, *counter));
        let mut reasons: Vec<Reason> = news.chain(counts).collect();
        strongest_first(&mut reasons);
        reasons
    }

    fn period(&self) -> i64 {
        i64::from(self.scene.scale) * WINDOW
    }

    fn news(&self, windows: &[Scored], group: Group, writes: Option<bool>, told: Told) -> Option<Reason> {
        let mut evidence: f64 = 0.0;
        let mut of_window: BTreeMap<u32, Vec<&Novel>> = BTreeMap::new();
        for scored in windows.iter().filter(|scored| scored.groups[group as usize] > 0.0) {
            let own = self.novel.iter().filter(|novel| novel.window == scored.window && novel.group == group);
            let own = own.filter(|novel| writes.is_none_or(|writes| writes == self.writes(novel)));
            let own: Vec<&Novel> = own.collect();
            if !own.is_empty() {
                evidence = evidence.max(scored.groups[group as usize]);
                of_window.insert(scored.window, own);
            }
        }
        let mut all: Vec<&Novel> = of_window.values().flatten().copied().collect();
        all.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.window.cmp(&b.window)));
        let first = *all.first()?;
        let names = &self.scene.profile.names;
        let samples = all.iter().filter_map(|novel| Some(self.subject.mark(&novel.value)?.sample(names)));
        Some(Reason {
            doc: told.doc.to_owned(),
            pattern: told.pattern,
            writes: all.iter().any(|novel| self.writes(novel)),
            level: level(evidence, self.tuning),
            period: self.period(),
            values: of_window.values().map(|novel| novel.len() as u64).collect(),
            evidence,
            expected: Expected { low: 0, high: 0, windows: self.subject.windows.len() },
            peers: Some(self.scene.peers.others(first.value.key, self.subject.entity.class)),
            peers_are: self.subject.entity.class.plural(),
            seen: all.iter().map(|novel| self.text(novel)).collect(),
            samples: samples.collect(),
            context: told.context,
        })
    }

    fn writes(&self, novel: &Novel) -> bool {
        let names = &self.scene.profile.names;
        self.subject.mark(&novel.value).is_some_and(|mark| Action::parse(names.text(mark.action)).is_write())
    }

    pub fn text(&self, novel: &Novel) -> String {
        let names = &self.scene.profile.names;
        let key = novel.value.key;
        match key.dim {
            Dim::Scope => {
                let namespace = names.text(key.name);
                let place = if namespace.is_empty() { "all namespaces" } else { namespace };
                format!("{} in {place}", names.text(key.more))
            }
            _ => names.text(key.name).to_owned(),
        }
    }

    fn count(&self, windows: &[Scored], counter: Counter) -> Option<Reason> {
        let evidence = |scored: &Scored| scored.counters[counter as usize];
        let telling: Vec<&Scored> = windows.iter().filter(|scored| evidence(scored) > 0.0).collect();
        let strongest = telling.iter().map(|scored| evidence(scored)).fold(0.0, f64::max);
        if strongest < 0.5 {
            return None;
        }
        let counts = self.counts(counter);
        let own = telling.iter().filter_map(|scored| {
            let at = counts.binary_search_by_key(&scored.window, |(window, _)| *window).ok()?;
            Some(counts[at].1)
        });
        let noted = telling.iter().filter_map(|scored| self.noted(scored.window));
        let (pattern, context) = match counter {
            Counter::Denied => (REFUSALS, DENIED.context),
            _ if counter.is_sensitive() => (SENSITIVE, "sensitive-uri"),
            _ => (VOLUME, "unusual-uri"),
        };
        Some(Reason {
            doc: format!("change in count of {}", counter.doc()),
            pattern,
            writes: counter.is_write(),
            level: level(strongest, self.tuning),
            period: self.period(),
            values: own.collect(),
            evidence: strongest,
            expected: expected(counts),
            peers: None,
            peers_are: self.subject.entity.class.plural(),
            seen: Vec::new(),
            samples: if counter.is_sensitive() { noted.collect() } else { Vec::new() },
            context,
        })
    }

    /// A counter in all windows.
    fn counts(&self, counter: Counter) -> Vec<(u32, u64)> {
        let mut counts = Vec::with_capacity(self.subject.windows.len());
        self.subject.each_cell(|cell| counts.push((cell.window, u64::from(cell.get(counter)))));
        counts
    }

    /// The first sensitive request of a window.
    fn noted(&self, window: u32) -> Option<Sample> {
        let noted = &self.subject.shown().noted;
        let scale = self.scene.scale;
        let at = noted.partition_point(|noted| noted.window / scale < window);
        let first = noted.get(at).filter(|noted| noted.window / scale == window)?;
        Some(first.sample(&self.scene.profile.names))
    }

    /// The first request of each kind that an episode began with, where no reason points at any.
    pub fn any_sample(&self, windows: &[Scored]) -> Option<Sample> {
        let (from, to) = (windows.first()?.window, windows.last()?.window);
        let during = |window: u32| (from..=to).contains(&window);
        let values = || self.subject.values.iter();
        let begun = self.first(values().filter(|value| during(value.first)));
        let denied = || self.first(values().filter(|value| value.key.dim == Dim::Refused));
        begun.or_else(denied).map(|mark| mark.sample(&self.scene.profile.names))
    }

    fn first<'v>(&'v self, values: impl Iterator<Item = &'v Value>) -> Option<&'v Mark> {
        values.filter_map(|value| self.subject.mark(value)).min_by(|a, b| a.spot.cmp(&b.spot))
    }
}

/// What nine of ten of the own active windows show.
fn expected(counts: Vec<(u32, u64)>) -> Expected {
    let mut counts: Vec<u64> = counts.into_iter().map(|(_, count)| count).collect();
    counts.sort_unstable();
    let at = |part: usize| counts.get(counts.len() * part / 100).copied().unwrap_or(0);
    Expected { low: at(5), high: at(95), windows: counts.len() }
}
