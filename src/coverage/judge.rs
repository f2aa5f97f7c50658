//! One answer for each rule, out of what is recorded of each kind of request that it is about.

use super::condition::{Condition, Lost, Sight, slots};
use super::row::{Row, Target};
use crate::event::{Decoder, Event, FIELDS};
use crate::policy::{Level, StageSet};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a rule could have shown what it looks for. The worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Of no request that the rule is about is enough recorded.
    NotObservable,
    /// Of some, or for some of the ways in which the rule may hold.
    Partly,
    /// The log holds no request of the kinds that the rule is about: nobody made one, or the policy records none.
    Unknown,
    Observable,
}

impl Status {
    pub const ALL: [Status; 4] = [Status::NotObservable, Status::Partly, Status::Unknown, Status::Observable];

    pub fn name(self) -> &'static str {
        match self {
            Status::NotObservable => "not observable",
            Status::Partly => "partly",
            Status::Unknown => "unknown",
            Status::Observable => "observable",
        }
    }
}

/// Why a rule cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The policy records nothing of such requests.
    Unrecorded,
    /// The format does not carry a field.
    Format,
    /// The stages that would show it are omitted.
    Stage,
    /// The level is below RequestResponse.
    ResponseBody,
    /// The level is below Request.
    RequestBody,
    /// The API server left bodies out as too large.
    Truncated,
}

impl Loss {
    pub fn name(self) -> &'static str {
        match self {
            Loss::Unrecorded => "unrecorded",
            Loss::Format => "format",
            Loss::Stage => "stage",
            Loss::ResponseBody => "response-body",
            Loss::RequestBody => "request-body",
            Loss::Truncated => "truncated",
        }
    }

    fn of(lost: Lost) -> Loss {
        match lost {
            Lost { format: 1.., .. } => Loss::Format,
            Lost { stage: true, .. } => Loss::Stage,
            Lost { response_body: true, .. } => Loss::ResponseBody,
            Lost { request_body: true, .. } => Loss::RequestBody,
            _ => Loss::Truncated,
        }
    }
}

/// Requests that a rule cannot tell of, for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    pub requests: u64,
    pub verbs: BTreeSet<String>,
    /// As kubectl names them.
    pub resources: BTreeSet<String>,
    pub who: BTreeSet<&'static str>,
    /// Fields that the format does not carry.
    pub fields: BTreeSet<&'static str>,
}

/// What a log or a policy lets one rule see.
#[derive(Clone, Debug)]
pub struct Covered {
    pub status: Status,
    /// Requests that the rule is about, and how many of them it sees as a whole, in part and not at all. Of a policy
    /// without a log, kinds of requests.
    pub whole: u64,
    pub part: u64,
    pub nothing: u64,
    pub gaps: BTreeMap<Loss, Gap>,
    /// What the rule is about and no request was for.
    pub unseen: BTreeSet<String>,
    /// The least level at which such requests would show all that the rule asks for.
    pub level: Option<Level>,
    /// For each verb and target that is lost, the level that would show it.
    pub wanted: BTreeMap<(Target, String), Level>,
    /// What the rule is about and requests were for.
    met: BTreeSet<String>,
    /// Of what was not seen, some would be shown at any level.
    may_show: BTreeSet<String>,
}

impl Covered {
    pub fn requests(&self) -> u64 {
        self.whole + self.part + self.nothing
    }

    fn new() -> Covered {
        Covered {
            status: Status::Unknown,
            whole: 0,
            part: 0,
            nothing: 0,
            gaps: BTreeMap::new(),
            unseen: BTreeSet::new(),
            level: None,
            wanted: BTreeMap::new(),
            met: BTreeSet::new(),
            may_show: BTreeSet::new(),
        }
    }
}

/// One answer for each condition. `usual` are the requests of any cluster, to name what did not occur.
pub fn judge(conditions: &[Condition], rows: &[Row], usual: &[Row]) -> Vec<Covered> {
    let mut all: Vec<Covered> = conditions.iter().map(|_| Covered::new()).collect();
    for (rows, thought) in [(rows, false), (usual, true)] {
        for row in rows {
            let (text, mut decoder) = (row.shape.event(), Decoder::default());
            let Ok((event, _)) = decoder.decode(text.as_bytes(), None) else { continue };
            for (condition, covered) in conditions.iter().zip(&mut all) {
                match thought {
                    false => add(covered, condition, row, &event),
                    true => add_unseen(covered, condition, row, &event),
                }
            }
        }
    }
    all.iter_mut().for_each(settle);
    all
}

fn add(covered: &mut Covered, condition: &Condition, row: &Row, event: &Event<'_>) {
    let unrecorded = row.level == Some(Level::None) || row.stages == StageSet::default();
    let sight = condition.sight(row, event);
    if sight != Sight::Elsewhere {
        covered.met.insert(row.shape.target.name());
    }
    let (lost, loss) = match sight {
        Sight::Elsewhere => return,
        Sight::Whole if !unrecorded => {
            covered.whole += row.requests;
            covered.level = covered.level.max(least(condition, row, event));
            return;
        }
        Sight::Whole => (Lost::default(), Loss::Unrecorded),
        Sight::Part(lost) | Sight::Nothing(lost) => {
            (lost, if unrecorded { Loss::Unrecorded } else { Loss::of(lost) })
        }
    };
    match sight {
        Sight::Part(_) if !unrecorded => covered.part += row.requests,
        _ => covered.nothing += row.requests,
    }
    let wanted = least(condition, row, event);
    covered.level = covered.level.max(wanted);
    let gap = covered.gaps.entry(loss).or_default();
    gap.requests += row.requests;
    gap.verbs.insert(row.shape.verb.clone());
    gap.resources.insert(row.shape.target.name());
    gap.who.insert(row.shape.who);
    gap.fields.extend(slots(lost.format).filter_map(|slot| {
        let carries = FIELDS.iter().find(|field| field.needs == [slot]);
        carries.map(|field| field.name)
    }));
    if matches!(loss, Loss::Unrecorded | Loss::RequestBody | Loss::ResponseBody) {
        let known =
            covered.wanted.entry((row.shape.target.clone(), row.shape.verb.clone())).or_insert(Level::None);
        *known = (*known).max(wanted.unwrap_or(Level::RequestResponse));
    }
}

/// The least level at which the rule sees all of such a request.
fn least(condition: &Condition, row: &Row, event: &Event<'_>) -> Option<Level> {
    let whole = StageSet(u8::MAX);
    [Level::Metadata, Level::Request, Level::RequestResponse].into_iter().find(|level| {
        let row = Row { level: Some(*level), truncated: false, lacks: 0, stages: whole, ..row.clone() };
        condition.sight(&row, event) == Sight::Whole
    })
}

fn add_unseen(covered: &mut Covered, condition: &Condition, row: &Row, event: &Event<'_>) {
    let Target::Resource { .. } = row.shape.target else { return };
    if condition.sight(row, event) != Sight::Elsewhere {
        covered.unseen.insert(row.shape.target.name());
        let row_at_least = Row { level: Some(Level::Metadata), ..row.clone() };
        if matches!(condition.sight(&row_at_least, event), Sight::Whole | Sight::Part(_)) {
            covered.may_show.insert(row.shape.target.name());
        }
        let level = if covered.requests() == 0 { least(condition, row, event) } else { None };
        covered.level = covered.level.max(level);
    }
}

fn settle(covered: &mut Covered) {
    let Covered { unseen, may_show, met, .. } = covered;
    unseen.retain(|name| !met.contains(name));
    may_show.retain(|name| !met.contains(name));
    covered.status = match covered {
        Covered { whole: 0, part: 0, nothing: 0, .. } => Status::Unknown,
        // Another way in which the rule may hold needs no body, and nobody tried it.
        Covered { whole: 0, part: 0, may_show, .. } if !may_show.is_empty() => Status::Partly,
        Covered { whole: 0, part: 0, .. } => Status::NotObservable,
        Covered { part: 0, nothing: 0, .. } => Status::Observable,
        _ => Status::Partly,
    };
}
