//! The condition of a rule, worked out for a kind of request as far as that is known.

use super::row::{Row, Target};
use crate::event::{Event, Field, Slot, kind_of};
use crate::inventory::Stage;
use crate::policy::Level;
use crate::rule::{Check, Expr, Part, Predicate, Test};

/// A condition made ready to be judged many times.
#[derive(Debug)]
pub struct Condition(Node);

#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(Box<Asked>),
}

#[derive(Debug)]
struct Asked {
    field: Field,
    test: Test,
    check: Check,
}

/// What a condition asks for and nothing recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    pub request_body: bool,
    pub response_body: bool,
    pub truncated: bool,
    /// Every stage that would show it is omitted.
    pub stage: bool,
    /// One bit for each slot that the format does not carry.
    pub format: u64,
}

impl Lost {
    pub fn is_empty(self) -> bool {
        self == Lost::default()
    }

    fn and(self, other: Lost) -> Lost {
        Lost {
            request_body: self.request_body | other.request_body,
            response_body: self.response_body | other.response_body,
            truncated: self.truncated | other.truncated,
            stage: self.stage | other.stage,
            format: self.format | other.format,
        }
    }
}

/// What can become of a condition.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// Whether it can be true, and false, were everything recorded.
    may: (bool, bool),
    /// Whether it can be shown to be true, and to be false, by what is recorded.
    shown: (bool, bool),
    lost: Lost,
}

impl Outcome {
    const FREE: Outcome = Outcome::open(Lost {
        request_body: false,
        response_body: false,
        truncated: false,
        stage: false,
        format: 0,
    });

    const fn open(lost: Lost) -> Outcome {
        Outcome { may: (true, true), shown: (true, true), lost }
    }

    fn fixed(holds: bool) -> Outcome {
        Outcome { may: (holds, !holds), shown: (holds, !holds), lost: Lost::default() }
    }

    fn lost(lost: Lost) -> Outcome {
        Outcome { shown: (false, false), ..Outcome::open(lost) }
    }

    fn not(self) -> Outcome {
        let swap = |(yes, no)| (no, yes);
        Outcome { may: swap(self.may), shown: swap(self.shown), ..self }
    }

    fn both(self, other: Outcome) -> Outcome {
        let join = |(a, b): (bool, bool), (c, d): (bool, bool)| (a && c, b || d);
        Outcome {
            may: join(self.may, other.may),
            shown: join(self.shown, other.shown),
            lost: self.lost.and(other.lost),
        }
    }

    /// What cannot be otherwise hangs on nothing that was lost.
    fn settled(self) -> Outcome {
        match self.may {
            (true, false) => Outcome::fixed(true),
            (false, true) => Outcome::fixed(false),
            _ => self,
        }
    }
}

/// What a rule can say of a kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The rule is not about such requests.
    Elsewhere,
    /// All that it asks for is recorded.
    Whole,
    /// Some ways in which it may hold can be shown.
    Part(Lost),
    Nothing(Lost),
}

impl Condition {
    pub fn new(when: &Expr) -> Condition {
        Condition(node(when))
    }

    /// `event` is that of the row's shape.
    pub fn sight(&self, row: &Row, event: &Event<'_>) -> Sight {
        let Outcome { may, shown, lost } = self.0.judge(row, event);
        match (may.0, shown.0) {
            (false, _) => Sight::Elsewhere,
            (true, false) => Sight::Nothing(lost),
            (true, true) if lost.is_empty() => Sight::Whole,
            _ => Sight::Part(lost),
        }
    }
}

fn node(expr: &Expr) -> Node {
    match expr {
        Expr::All(parts) => Node::All(parts.iter().map(node).collect()),
        Expr::Any(parts) => Node::Any(parts.iter().map(node).collect()),
        Expr::Not(part) => Node::Not(Box::new(node(part))),
        Expr::Is(Predicate { field, test }) => {
            let (check, field, test) = (Check::new(test), field.clone(), test.clone());
            Node::Is(Box::new(Asked { field, test, check }))
        }
    }
}

impl Node {
    fn judge(&self, row: &Row, event: &Event<'_>) -> Outcome {
        let both = |parts: &[Node], turn: &dyn Fn(Outcome) -> Outcome| {
            let parts = parts.iter().map(|part| turn(part.judge(row, event)));
            parts.fold(Outcome::fixed(true), Outcome::both).settled()
        };
        match self {
            Node::All(parts) => both(parts, &|part| part),
            Node::Any(parts) => both(parts, &Outcome::not).not(),
            Node::Not(part) => part.judge(row, event).not(),
            Node::Is(asked) => asked.judge(row, event),
        }
    }
}

/// Fields whose value a shape tells.
const TOLD: &[&str] = &["verb", "direction", "principal.kind"];
/// Those that hang on what is asked for.
const OF_TARGET: &[&str] = &["objectRef.resource", "objectRef.apiGroup", "objectRef.subresource", "resource"];
const OF_PATH: &[&str] = &["requestURI", "uri.path", "uri.template"];
const OF_ANSWER: &[&str] = &["responseStatus.code", "responseStatus.reason", "outcome"];
/// Verbs of requests without a body.
const BODILESS: &[&str] = &["get", "list", "watch", "head", "options"];

impl Asked {
    fn judge(&self, row: &Row, event: &Event<'_>) -> Outcome {
        let own = self.judge_field(&self.field, row, event);
        match &self.test {
            Test::SameAs(_, other, _) => {
                let other = self.judge_field(other, row, event);
                if other.lost.is_empty() { own } else { Outcome::lost(own.lost.and(other.lost)) }
            }
            _ => own,
        }
    }

    fn judge_field(&self, field: &Field, row: &Row, event: &Event<'_>) -> Outcome {
        let spec = field.spec();
        let lacking = spec.needs.iter().fold(0, |bits, slot| bits | 1 << *slot as u8) & row.lacks;
        if lacking != 0 {
            return Outcome::lost(Lost { format: lacking, ..Lost::default() });
        }
        if self.is_told(field, row) {
            return Outcome::fixed(self.check.holds(event, field));
        }
        match spec.name {
            "principal" | "user.username" if !self.fits(row) => Outcome::fixed(false),
            "stage" => self.stage(row),
            "requestObject" => body(row, Level::Request),
            "responseObject" => body(row, Level::RequestResponse),
            "record" => Outcome::open(body(row, Level::RequestResponse).lost),
            _ if spec.answer && !is_answered(row) => Outcome::lost(Lost { stage: true, ..Lost::default() }),
            _ => Outcome::FREE,
        }
    }

    /// Whether the shape says all about the field.
    fn is_told(&self, field: &Field, row: &Row) -> bool {
        let (name, shape) = (field.spec().name, &row.shape);
        let by_target = match &shape.target {
            Target::Path(path) => {
                name.starts_with("objectRef")
                    || name == "resource"
                    || path.is_some() && OF_PATH.contains(&name)
            }
            Target::Resource { subresource, .. } => {
                name == "objectRef" && field.path().is_empty()
                    || OF_TARGET.contains(&name)
                    || name == "command" && !matches!(subresource.as_str(), "exec" | "attach")
            }
        };
        let no_body = name == "requestObject" && BODILESS.contains(&shape.verb.as_str());
        let refused = shape.unauthenticated && (OF_ANSWER.contains(&name) || name.ends_with("Object"));
        let as_self = name.starts_with("impersonatedUser") && shape.impersonated == Some(false);
        by_target || no_body || refused || as_self || TOLD.contains(&name)
    }

    /// Whether a principal of this kind may have the name that is asked for.
    fn fits(&self, row: &Row) -> bool {
        let Test::Text(text) = &self.test else { return true };
        // Who acts in the name of another may be of any kind; without a log, requests are taken for plain ones.
        if self.field.spec().name == "user.username" && row.shape.impersonated == Some(true) {
            return true;
        }
        let who = row.shape.who;
        text.patterns.iter().any(|pattern| match (pattern.plain(), pattern.0.first()) {
            (Some(name), _) => kind_of(name) == who,
            (None, Some(Part::Literal(start))) if start.starts_with("system:serviceaccount:") => {
                matches!(who, "service-account" | "control-plane")
            }
            (None, Some(Part::Literal(start))) if start.starts_with("system:node:") => who == "node",
            _ => true,
        })
    }

    fn stage(&self, row: &Row) -> Outcome {
        let Test::Text(text) = &self.test else { return Outcome::FREE };
        let holds =
            |stage: &Stage| text.patterns.iter().any(|pattern| pattern.is_like(stage.name(), text.case));
        let kept = |wanted: bool| {
            Stage::ALL.into_iter().any(|stage| row.stages.has(stage) && holds(&stage) == wanted)
        };
        let lost = Lost { stage: !kept(true), ..Lost::default() };
        Outcome { may: (true, true), shown: (kept(true), kept(false)), lost }
    }
}

/// A body that is recorded from this level on.
fn body(row: &Row, from: Level) -> Outcome {
    let is_response = from == Level::RequestResponse;
    let too_low = row.level.is_some_and(|level| level < from);
    let lost = Lost {
        request_body: too_low && !is_response,
        response_body: too_low && is_response,
        truncated: row.truncated && !too_low,
        stage: is_response && !is_answered(row),
        format: 0,
    };
    if lost.is_empty() { Outcome::FREE } else { Outcome::lost(lost) }
}

fn is_answered(row: &Row) -> bool {
    [Stage::ResponseStarted, Stage::ResponseComplete, Stage::Panic, Stage::Other]
        .into_iter()
        .any(|stage| row.stages.has(stage))
}

/// Names of the slots of a set, as rules name them.
pub fn slots(set: u64) -> impl Iterator<Item = Slot> {
    Slot::ALL.iter().copied().filter(move |slot| set & 1 << *slot as u8 != 0)
}
