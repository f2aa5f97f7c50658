//! The way of one token: who had it made, and who used it, from where, with what and for what.
//!
//! The API server writes the id of a token where it issues one (annotation `issued-credential-id` of a
//! TokenRequest) and where one is used (`credential-id` in `user.extra`; Kubernetes 1.32 and later), and with a
//! token bound to a pod the pod's name and node. A certificate has such an id, too.

use crate::event::{Event, Field};
use crate::finding::{Evidence, Hit, Sighting};
use std::collections::{BTreeMap, BTreeSet, HashSet};

pub const USED: &str = "user.extra.\"authentication.kubernetes.io/credential-id\"";
pub const ISSUED: &str = "annotations.\"authentication.kubernetes.io/issued-credential-id\"";
pub const NODE: &str = "user.extra.\"authentication.kubernetes.io/node-name\"";
const POD: &str = "user.extra.\"authentication.kubernetes.io/pod-name\"";

/// Ways of use that are told apart; a client may call itself anything.
const MOST: usize = 4096;
/// Requests whose stages are told from others.
const REQUESTS: usize = 1 << 20;
/// Records that are pointed at for each way of use.
const SAMPLES: usize = 3;

/// What is known of a token when all is read.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    pub id: String,
    /// By time.
    pub minted: Vec<Minted>,
    /// By the time of their first request.
    pub uses: Vec<Use>,
    /// There were more ways of use than are told apart.
    pub more: bool,
}

/// A request that issued the token.
#[derive(Clone, Debug)]
pub struct Minted {
    pub seen: Sighting,
    /// What it is bound to: `Pod web-1`.
    pub bound_to: Option<String>,
    /// How long it is to live, as it was asked for.
    pub seconds: Option<String>,
}

/// Who uses it, from where and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    pub cluster: Option<String>,
    pub principal: Option<String>,
    pub source_ip: Option<String>,
    pub user_agent: Option<String>,
    /// Node and pod that the token is bound to.
    pub node: Option<String>,
    pub pod: Option<String>,
}

/// All requests of one way.
#[derive(Clone, Debug)]
pub struct Use {
    pub way: Way,
    pub requests: u64,
    /// Of these, the ones that were refused.
    pub refused: u64,
    pub verbs: BTreeMap<String, u64>,
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub evidence: Vec<Evidence>,
    pub marks: Vec<Mark>,
}

/// What is not as it was at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The client program is another than that of the first use.
    OtherClient,
    /// The address is another than that of the first use.
    OtherAddress,
    /// Tokens bound to other nodes are used from this address.
    AwayFromNode(BTreeSet<String>),
}

impl Mark {
    pub fn name(&self) -> &'static str {
        match self {
            Mark::OtherClient => "other-client",
            Mark::OtherAddress => "other-address",
            Mark::AwayFromNode(_) => "away-from-node",
        }
    }
}

/// Collects what the records say of a token.
#[derive(Debug)]
pub struct Tracer {
    trail: Trail,
    uses: BTreeMap<Way, Use>,
    fields: Fields,
    requests: HashSet<(Box<str>, Option<i64>)>,
}

#[derive(Debug)]
struct Fields {
    used: Option<Field>,
    issued: Option<Field>,
    node: Option<Field>,
    pod: Option<Field>,
    bound: [Option<Field>; 2],
    seconds: Option<Field>,
}

impl Fields {
    fn new() -> Fields {
        let field = |name| Field::parse(name).ok();
        Fields {
            used: field(USED),
            issued: field(ISSUED),
            node: field(NODE),
            pod: field(POD),
            bound: ["requestObject.spec.boundObjectRef.kind", "requestObject.spec.boundObjectRef.name"]
                .map(field),
            seconds: field("requestObject.spec.expirationSeconds"),
        }
    }
}

fn text(field: &Option<Field>, event: &Event<'_>) -> Option<String> {
    Some(field.as_ref()?.first(event)?.into_owned())
}

/// Ids of the credentials that a record issued or was made with.
pub fn ids_in(event: &Event<'_>) -> (Option<String>, Option<String>) {
    let of = |name| text(&Field::parse(name).ok(), event);
    (of(ISSUED), of(USED))
}

/// The condition that a record is about the token.
pub fn about(id: &str) -> String {
    let id = quoted(id);
    format!("{USED} = {id} or {ISSUED} = {id}")
}

/// The condition that the token of any pod is used from one of these addresses.
pub fn from_addresses<'a>(addresses: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<String> = addresses.into_iter().map(quoted).collect();
    format!("{NODE} exists and sourceIP in ({})", all.join(", "))
}

/// Text as a condition has it, nothing in it being a wildcard.
pub fn quoted(text: &str) -> String {
    let escaped = text.chars().flat_map(|ch| {
        let sign = matches!(ch, '*' | '?' | '\\' | '"').then_some('\\');
        sign.into_iter().chain([ch])
    });
    format!("\"{}\"", escaped.collect::<String>())
}

impl Tracer {
    pub fn new(id: &str) -> Tracer {
        let trail = Trail { id: id.to_owned(), ..Trail::default() };
        Tracer { trail, uses: BTreeMap::new(), fields: Fields::new(), requests: HashSet::new() }
    }

    /// Adds a record that is about the token; `event` is what it says.
    pub fn add(&mut self, hit: Hit, event: &Event<'_>) {
        if text(&self.fields.issued, event).as_deref() == Some(&self.trail.id) {
            let [kind, name] = [0, 1].map(|at| text(&self.fields.bound[at], event));
            let bound_to = kind.zip(name).map(|(kind, name)| format!("{kind} {name}"));
            let seconds = text(&self.fields.seconds, event);
            self.trail.minted.push(Minted { seen: hit.seen, bound_to, seconds });
        } else if text(&self.fields.used, event).as_deref() == Some(&self.trail.id) {
            self.add_use(&hit.seen, event);
        }
    }

    fn add_use(&mut self, seen: &Sighting, event: &Event<'_>) {
        let own = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let way = Way {
            cluster: seen.cluster.as_deref().map(str::to_owned),
            principal: own(&seen.principal),
            source_ip: own(&seen.source_ip),
            user_agent: own(&seen.user_agent),
            node: text(&self.fields.node, event),
            pod: text(&self.fields.pod, event),
        };
        let is_new = self.is_new(seen);
        if self.uses.len() >= MOST && !self.uses.contains_key(&way) {
            self.trail.more = true;
            return;
        }
        self.uses.entry(way.clone()).or_insert_with(|| Use::new(way)).add(seen, is_new);
    }

    /// Whether this is the first record of its request. Beyond a limit, the last stage stands for all.
    fn is_new(&mut self, seen: &Sighting) -> bool {
        match seen.audit_id.clone().filter(|id| !id.is_empty()) {
            Some(id) if self.requests.len() < REQUESTS => self.requests.insert((id, seen.time)),
            Some(id) => {
                !self.requests.contains(&(id, seen.time))
                    && matches!(seen.stage.as_deref(), Some("ResponseComplete" | "Panic"))
            }
            None => true,
        }
    }

    /// Addresses from which it was used, if these are worth comparing with those of nodes.
    pub fn addresses(&self) -> BTreeSet<String> {
        let bound = self.uses.keys().any(|way| way.node.is_some());
        let all: BTreeSet<String> = self.uses.keys().filter_map(|way| way.source_ip.clone()).collect();
        if bound && all.len() > 1 { all } else { BTreeSet::new() }
    }

    /// `nodes` are, for each address, the nodes that tokens used from there are bound to.
    pub fn finish(self, nodes: &BTreeMap<String, BTreeSet<String>>) -> Trail {
        let mut trail = self.trail;
        trail.uses = self.uses.into_values().collect();
        trail.minted.sort_by(|a, b| place(&a.seen).cmp(&place(&b.seen)));
        trail.uses.sort_by(|a, b| (a.first, &a.way).cmp(&(b.first, &b.way)));
        let Some(home) = trail.uses.first().map(|first| first.way.clone()) else { return trail };
        trail.uses.iter_mut().for_each(|one| one.mark(&home, nodes));
        trail
    }
}

fn place(seen: &Sighting) -> (Option<i64>, &Evidence) {
    (seen.time, &seen.evidence)
}

impl Use {
    fn new(way: Way) -> Use {
        Use {
            way,
            requests: 0,
            refused: 0,
            verbs: BTreeMap::new(),
            first: None,
            last: None,
            evidence: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn add(&mut self, seen: &Sighting, is_new: bool) {
        if is_new {
            self.requests += 1;
            let what = [&seen.verb, &seen.resource].map(|word| word.as_deref().unwrap_or_default());
            *self.verbs.entry(what.join(" ").trim().to_owned()).or_default() += 1;
            if self.evidence.len() < SAMPLES {
                self.evidence.push(seen.evidence.clone());
            }
        }
        let is_end = seen.stage.as_deref() == Some("ResponseComplete");
        self.refused += u64::from(is_end && matches!(seen.outcome, Some("denied" | "unauthenticated")));
        self.first = [self.first, seen.time].into_iter().flatten().min();
        self.last = [self.last, seen.time].into_iter().flatten().max();
    }

    fn mark(&mut self, home: &Way, nodes: &BTreeMap<String, BTreeSet<String>>) {
        if family(self.way.user_agent.as_deref()) != family(home.user_agent.as_deref()) {
            self.marks.push(Mark::OtherClient);
        }
        if self.way.source_ip != home.source_ip {
            self.marks.push(Mark::OtherAddress);
        }
        let (Some(node), Some(address)) = (&self.way.node, &self.way.source_ip) else { return };
        let others = nodes.get(address).into_iter().flatten().filter(|other| *other != node);
        let others: BTreeSet<String> = others.cloned().collect();
        if !others.is_empty() {
            self.marks.push(Mark::AwayFromNode(others));
        }
    }
}

/// The client program, without its version.
fn family(agent: Option<&str>) -> &str {
    agent.unwrap_or_default().trim_start().split(['/', ' ', '(', '\t']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_no_pattern() {
        assert_eq!(quoted(r#"a*"b\"#), r#""a\*\"b\\""#);
    }

    #[test]
    fn versions_make_no_other_client() {
        assert_eq!(family(Some("kubectl/v1.30 (linux)")), family(Some("kubectl/v1.33.1")));
        assert_ne!(family(Some("curl/8")), family(None));
    }
}
