//! How many others were ever seen with a value.

use super::class::Class;
use super::subject::Subject;
use super::tuning::Tuning;
use super::value::{Dim, ValueKey};
use hashbrown::HashMap;

#[derive(Debug, Default)]
pub struct Peers {
    seen: HashMap<ValueKey, [u32; Class::COUNT], foldhash::fast::RandomState>,
    members: [u32; Class::COUNT],
    /// Those of all classes who run images.
    runners: u32,
}

/// Others of the own class: how many there are, and how many of them were seen with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub seen: u32,
    pub others: u32,
}

impl Peers {
    pub fn of(subjects: &[Subject<'_>]) -> Peers {
        let mut peers = Peers::default();
        for subject in subjects {
            let class = subject.entity.class as usize;
            peers.members[class] += 1;
            peers.runners += u32::from(subject.values.iter().any(|value| value.key.dim == Dim::Image));
            for value in subject.values.iter() {
                peers.seen.entry(value.key).or_default()[class] += 1;
            }
        }
        peers
    }

    pub fn others(&self, key: ValueKey, class: Class) -> Share {
        let seen = self.seen.get(&key).map_or(0, |seen| seen[class as usize]);
        Share { seen: seen.saturating_sub(1), others: self.members[class as usize].saturating_sub(1) }
    }

    /// How rare a value is among the others, as -log10 of a share of them. The entity itself has it.
    pub fn rarity(&self, key: ValueKey, class: Class, tuning: &Tuning) -> f64 {
        if !tuning.terms.peers {
            return 0.75;
        }
        let Share { seen, others } = self.others(key, class);
        let everywhere = self.seen.get(&key).map_or(0, |seen| seen.iter().sum::<u32>()).saturating_sub(1);
        if key.dim == Dim::Image {
            // Only those who run images can have run one of that origin.
            let share = (f64::from(everywhere) + 0.5) / f64::from(self.runners.max(1));
            return (-share.log10()).clamp(0.0, tuning.weight_cap);
        }
        let all = self.members.iter().sum::<u32>().max(1);
        let trust = f64::from(others) / (f64::from(others) + tuning.class_prior);
        let of_class = (f64::from(seen) + 0.5) / (f64::from(others) + 1.0);
        let of_all = (tuning.others_factor * (f64::from(everywhere) + 0.5) / f64::from(all)).min(1.0);
        let share = trust * of_class + (1.0 - trust) * of_all;
        (-share.log10()).clamp(0.0, tuning.weight_cap)
    }

    /// The part of all namespaces in which the median member of a class works.
    pub fn roaming(subjects: &[Subject<'_>], class: Class) -> f64 {
        let count = |subject: &Subject<'_>| {
            subject.values.iter().filter(|value| value.key.dim == Dim::Namespace).count()
        };
        let mut all: Vec<_> =
            subjects.iter().flat_map(|s| s.values.iter()).filter(|v| v.key.dim == Dim::Namespace).collect();
        all.sort_unstable_by_key(|value| value.key);
        all.dedup_by_key(|value| value.key);
        let mut own: Vec<usize> = subjects.iter().filter(|s| s.entity.class == class).map(count).collect();
        own.sort_unstable();
        let median = own.get(own.len() / 2).copied().unwrap_or(0);
        median as f64 / all.len().max(1) as f64
    }
}
