//! A finding as incidents see it: who it is about, when, and from which networks.

use crate::anomaly;
use crate::finding::{Etype, Finding, Mark, Sighting};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Somebody in one cluster. Whoever has no name of his own is told apart by the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    pub cluster: Box<str>,
    /// As it was authenticated; empty for the anonymous.
    pub name: Box<str>,
    /// Of the anonymous only.
    pub network: Box<str>,
}

impl Who {
    pub fn new(cluster: Option<&str>, name: &str, address: Option<&str>) -> Who {
        let is_nobody = is_anonymous(name);
        Who {
            cluster: cluster.unwrap_or_default().into(),
            name: if is_nobody { "" } else { name }.into(),
            network: if is_nobody { network(address.unwrap_or_default()) } else { Box::default() },
        }
    }
}

pub fn is_anonymous(name: &str) -> bool {
    matches!(name, "" | "system:anonymous")
}

/// The `/24` or `/64` of an address; what is a network already stays as it is.
pub fn network(address: &str) -> Box<str> {
    if address.is_empty() { Box::default() } else { anomaly::network(address).into() }
}

/// Whether a network means the same wherever it is seen, and not, as `10.0.0.0/24` does, another one in each cluster.
pub fn is_public(network: &str) -> bool {
    let text = network.split('/').next().unwrap_or_default();
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => is_public_v4(ip),
        Ok(IpAddr::V6(ip)) => is_public_v6(ip),
        Err(_) => false,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || is_shared)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local())
}

/// Where requests came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub network: Box<str>,
    /// By which two actors are told to be in one place. Public addresses change within a network; within one's
    /// own walls a network is full of colleagues, and only the very address tells.
    pub key: Box<str>,
}

impl Spot {
    fn of(address: &str) -> Spot {
        let network = network(address);
        let key = if is_public(&network) { network.clone() } else { address.into() };
        Spot { network, key }
    }
}

/// What one finding says.
#[derive(Clone, Debug)]
pub struct Clue {
    /// Index of the finding.
    pub at: usize,
    /// That of the finding: of two clues at one time the order must not hang on that of the input.
    pub id: Box<str>,
    /// Microseconds since 1970 (UTC), end included.
    pub from: i64,
    pub to: i64,
    /// When what it adds up began: an anomaly may be the sum of little things over days.
    pub since: i64,
    /// Of what is told of a whole cluster, the rule.
    pub whole: Option<u32>,
    /// Never empty; sorted.
    pub who: Vec<Who>,
    pub spots: BTreeSet<Spot>,
    /// Identities that it handed out, in the same cluster.
    pub grants: BTreeSet<Who>,
    pub points: f64,
}

impl Clue {
    /// What has no time belongs nowhere.
    pub fn of(at: usize, id: Box<str>, finding: &Finding) -> Option<Clue> {
        let from = finding.seen.time?;
        let end = |time: i64| time.max(from);
        let to = match (&finding.deviation, &finding.episode) {
            (Some(deviation), _) => end(deviation.to),
            (_, Some(episode)) => end(episode.last),
            _ => from,
        };
        let mut who = who(finding);
        who.sort_unstable();
        who.dedup();
        let cluster = finding.seen.cluster.as_deref();
        let grants = finding.seen.grants.iter().map(|name| Who::new(cluster, name, None)).collect();
        let whole = finding.deviation.as_ref().is_some_and(|deviation| deviation.etype == Etype::Cluster);
        (!who.is_empty()).then(|| Clue {
            at,
            id,
            from,
            to,
            since: since(finding).unwrap_or(from).min(from),
            whole: whole.then_some(finding.rule),
            who,
            spots: spots(finding),
            grants,
            points: 0.0,
        })
    }

    /// Those whose findings it belongs to. One about several of the anonymous, such as failed logins from all over,
    /// belongs to none of them: they need not have anything to do with each other. Nor does one about many.
    pub fn joins(&self, most: usize) -> &[Who] {
        let is_one = self.who.len() == 1;
        let all_named = self.who.iter().all(|who| !who.name.is_empty());
        if is_one || all_named && self.who.len() <= most { &self.who } else { &[] }
    }

    /// By time.
    pub fn order(&self) -> (i64, &str) {
        (self.from, &self.id)
    }

    /// Whoever the finding is about in the first place.
    pub fn first_who(&self) -> Option<&Who> {
        self.who.first()
    }
}

/// Who is behind a request: whoever was authenticated, whomever he acts as.
pub fn requester(seen: &Sighting) -> Who {
    let name = seen.user.as_deref().or(seen.principal.as_deref()).unwrap_or_default();
    Who::new(seen.cluster.as_deref(), name, seen.source_ip.as_deref())
}

pub fn of_mark(mark: &Mark, cluster: Option<&str>) -> Who {
    let name = mark.principal.as_deref().unwrap_or_default();
    Who::new(mark.cluster.as_deref().or(cluster), name, mark.source_ip.as_deref())
}

/// The first request that an anomaly points at.
fn since(finding: &Finding) -> Option<i64> {
    finding.deviation.as_ref()?.pointers.iter().map(|pointer| pointer.time).min()
}

fn who(finding: &Finding) -> Vec<Who> {
    let cluster = finding.seen.cluster.as_deref();
    match (&finding.deviation, &finding.episode) {
        // Failed logins to a cluster: each network is somebody.
        (Some(deviation), _) if deviation.etype == Etype::Cluster => {
            deviation.pointers.iter().map(|pointer| Who::new(cluster, "", Some(&pointer.source_ip))).collect()
        }
        (_, Some(episode)) => episode.marks.iter().map(|mark| of_mark(mark, cluster)).collect(),
        _ => vec![requester(&finding.seen)],
    }
}

fn spots(finding: &Finding) -> BTreeSet<Spot> {
    let own = finding.seen.source_ip.as_deref();
    let pointers = finding.deviation.iter().flat_map(|deviation| &deviation.pointers);
    let marks = finding.episode.iter().flat_map(|episode| &episode.marks);
    let addresses = own
        .into_iter()
        .chain(pointers.map(|pointer| &*pointer.source_ip))
        .chain(marks.filter_map(|mark| mark.source_ip.as_deref()));
    addresses.filter(|address| !address.is_empty()).map(Spot::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_every_cluster_has_are_not_public() {
        for own in [
            "10.1.2.0/24",
            "192.168.0.0/24",
            "127.0.0.0/24",
            "100.64.3.0/24",
            "fd00::/64",
            "fe80::/64",
            "x",
            "",
        ] {
            assert!(!is_public(own), "{own}");
        }
        for public in ["91.240.118.0/24", "2001:db8::/64", "100.128.0.0/24"] {
            assert!(is_public(public), "{public}");
        }
    }

    #[test]
    fn the_anonymous_are_told_apart_by_network_and_nobody_else_is() {
        let who = |name, address| Who::new(Some("c"), name, Some(address));
        assert_eq!(who("", "10.1.2.3"), who("system:anonymous", "10.1.2.9"));
        assert_ne!(who("", "10.1.2.3"), who("", "10.1.3.3"));
        assert_eq!(who("jane", "10.1.2.3"), who("jane", "10.9.9.9"));
        assert_eq!(&*network("91.240.118.0/24"), "91.240.118.0/24");
    }
}
