//! Why a rule can or cannot tell, in words.

use super::{Answered, Basis};
use crate::coverage::{Covered, Gap, Loss, Status};
use crate::output::figure;
use std::collections::BTreeSet;

/// Names that are told; all are in the JSON.
const NAMES: usize = 5;
/// A rule about more resources than this is about any.
const MANY: usize = 20;

pub fn why(answer: &Answered<'_>) -> String {
    let covered = answer.covered;
    match covered.status {
        Status::Unknown => unknown(covered),
        Status::Observable if answer.basis == Basis::Policy => "as the policy says".to_owned(),
        Status::Observable => figure::count(covered.requests(), "request"),
        Status::NotObservable | Status::Partly => {
            let gaps = covered.gaps.iter().map(|(loss, gap)| reason(*loss, gap, answer));
            let other = (covered.whole + covered.part == 0 && covered.status == Status::Partly)
                .then(|| format!("no such request for {}", few(&covered.unseen)));
            gaps.chain(other).collect::<Vec<_>>().join("; ")
        }
    }
}

fn unknown(covered: &Covered) -> String {
    let level = covered.level.map_or(String::new(), |level| format!(" (level {} shows it)", level.name()));
    match covered.unseen.len() {
        1..=MANY => format!("no such request for {}{level}", few(&covered.unseen)),
        _ => format!("no such request{level}"),
    }
}

fn reason(loss: Loss, gap: &Gap, answer: &Answered<'_>) -> String {
    let what = what(gap);
    let share = match answer.basis {
        Basis::Policy => String::new(),
        Basis::Log if gap.requests == answer.covered.requests() => String::new(),
        Basis::Log => {
            let all = figure::thousands(answer.covered.requests());
            format!(" ({} of {all} requests)", figure::thousands(gap.requests))
        }
    };
    match loss {
        Loss::Unrecorded => format!("nothing is recorded of {what}{share}"),
        Loss::Format => format!("the format does not carry {}{share}", few(&gap.fields)),
        Loss::Stage => format!("the stages that would show it are omitted: {what}{share}"),
        Loss::ResponseBody => format!("no body of the answer to {what}, level RequestResponse has it{share}"),
        Loss::RequestBody => format!("no body of {what}, level Request has it{share}"),
        Loss::Truncated => format!(
            "bodies left out as too large, a higher --audit-log-truncate-max-event-size keeps them: {what}{share}"
        ),
    }
}

/// `create, update pods by service-account`; whoever it is, when it is more than two.
fn what(gap: &Gap) -> String {
    let who = if gap.who.len() > 2 { String::new() } else { format!(" by {}", few(&gap.who)) };
    let verbs = if gap.verbs.len() > NAMES { "any verb of".to_owned() } else { few(&gap.verbs) };
    format!("{verbs} {}{who}", few(&gap.resources))
}

/// The first few names.
pub fn few<T: AsRef<str>>(names: &BTreeSet<T>) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES).map(AsRef::as_ref).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
