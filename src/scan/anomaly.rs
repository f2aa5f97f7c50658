//! From what deviates in a profile to findings that stand beside those of rules.

use crate::anomaly::{Detection, Kind, PATTERNS, Reason, Sample};
use crate::finding::{Category, Confidence, Deviation, Etype, Evidence, Finding, Pointer, Sighting, Why};
use crate::redact::Redactor;
use crate::rule::{Level, Meta};
use std::sync::Arc;

/// Requests that one finding points at, and examples that it quotes of one kind.
const MOST: usize = 20;

/// The detectors as reports list them, behind the rules: one for each pattern and confidence.
pub fn detectors() -> Vec<Meta> {
    let of_pattern = |pattern| Confidence::ALL.map(|confidence| detector(pattern, confidence));
    PATTERNS.iter().flat_map(of_pattern).collect()
}

fn detector(pattern: &crate::anomaly::Pattern, confidence: Confidence) -> Meta {
    let level = match confidence {
        Confidence::High => Level::High,
        Confidence::Medium => Level::Medium,
        Confidence::Low => Level::Low,
    };
    Meta::of_detector(pattern.id, pattern.title, level, pattern.description)
}

/// The place of a detection's detector among [`detectors`].
fn place(detection: &Detection) -> u32 {
    let pattern = detection.reasons.first().map(|reason| reason.pattern);
    let at = PATTERNS.iter().position(|known| Some(known) == pattern).unwrap_or(0);
    (at * Confidence::ALL.len() + detection.confidence as usize) as u32
}

/// `first` is the place of the first detector among all that the report lists.
pub fn finding(detection: &Detection, first: u32, redactor: Redactor) -> Finding {
    let mut samples = detection.samples();
    samples.truncate(MOST);
    let seen = seen(detection, &samples, redactor);
    Finding {
        deviation: Some(Box::new(deviation(detection, &samples, redactor))),
        ..Finding::new(first + place(detection), Category::Anomaly, seen)
    }
}

/// What is true of all requests of a detection.
fn seen(detection: &Detection, samples: &[&Sample], redactor: Redactor) -> Sighting {
    let first = samples.first();
    let same = |text: fn(&Sample) -> &str| {
        let one = first.map(|sample| text(sample)).filter(|text| !text.is_empty());
        one.filter(|one| samples.iter().all(|sample| text(sample) == *one)).map(Box::from)
    };
    let principal = redactor.text(detection.actor.as_ref().unwrap_or(&detection.eid));
    Sighting {
        time: Some(detection.from),
        cluster: Some(Arc::from(&*detection.cluster)).filter(|name: &Arc<str>| !name.is_empty()),
        node: None,
        cut: false,
        audit_id: first.map(|sample| sample.audit_id.clone()).filter(|id| !id.is_empty()),
        stage: None,
        level: None,
        principal: Some(&*principal).filter(|name| !name.is_empty()).map(Box::from),
        user: None,
        person: None,
        source_ip: detection.network.clone().or_else(|| same(|sample| &sample.address)),
        user_agent: same(|sample| &sample.agent),
        verb: None,
        resource: None,
        namespace: None,
        name: None,
        code: None,
        outcome: None,
        uri: None,
        grants: Vec::new(),
        message: None,
        fields: Vec::new(),
        evidence: first.map_or(Evidence { file: 0, offset: 0, line: 0 }, |sample| sample.evidence.clone()),
    }
}

fn deviation(detection: &Detection, samples: &[&Sample], redactor: Redactor) -> Deviation {
    let first = detection.reasons.first();
    let doc = first.map_or(String::new(), |reason| format!("unusual {}", reason.doc));
    let limited = if detection.is_short { " (limited history)" } else { "" };
    Deviation {
        etype: match detection.kind {
            Kind::Principal => Etype::Principal,
            Kind::Source => Etype::Source,
            Kind::Cluster => Etype::Cluster,
            Kind::Resource => Etype::Resource,
        },
        eid: redactor.text(eid(detection)).into(),
        confidence: detection.confidence,
        score: detection.score,
        weekly: detection.weekly,
        from: detection.from,
        to: detection.to,
        writes: detection.writes(),
        short: first.map_or("", |reason| reason.pattern.title),
        doc: format!("{doc}{limited}"),
        brief: first.map_or(String::new(), |reason| redactor.text(&reason.brief()).into_owned()),
        reasons: detection.reasons.iter().map(|reason| why(reason, redactor)).collect(),
        context: context(detection, redactor),
        pointers: samples.iter().map(|sample| pointer(sample)).collect(),
    }
}

/// Whoever has no name is called after the network.
fn eid(detection: &Detection) -> &str {
    match (&*detection.eid, &detection.network) {
        ("", Some(network)) => network,
        (name, _) => name,
    }
}

fn pointer(sample: &Sample) -> Pointer {
    Pointer {
        time: sample.time,
        audit_id: sample.audit_id.clone(),
        stage: sample.stage,
        verb: sample.verb.clone(),
        path: sample.path.clone(),
        code: sample.code,
        source_ip: sample.address.clone(),
        evidence: sample.evidence.clone(),
    }
}

fn why(reason: &Reason, redactor: Redactor) -> Why {
    Why {
        doc: reason.doc.clone(),
        said: redactor.text(&reason.said()).into_owned(),
        level: reason.level,
        writes: reason.writes,
        period: reason.period,
        values: reason.values.clone(),
        strength: reason.evidence,
        expected: (reason.expected.low, reason.expected.high),
        windows: reason.expected.windows as u64,
        peers: reason.peers.map(|share| (share.seen, share.others)),
    }
}

/// Examples of what was unusual, by kind, each once and in the order of the reasons.
fn context(detection: &Detection, redactor: Redactor) -> Vec<(&'static str, Vec<String>)> {
    let mut context: Vec<(&'static str, Vec<String>)> = Vec::new();
    for reason in &detection.reasons {
        let texts: Vec<String> = match reason.context {
            "new-source" | "new-client" | "new-image" => {
                reason.seen.iter().map(|text| redactor.text(text).into_owned()).collect()
            }
            _ => reason.samples.iter().map(|sample| format!("{} {}", sample.verb, sample.path)).collect(),
        };
        let at = context.iter().position(|(key, _)| *key == reason.context).unwrap_or_else(|| {
            context.push((reason.context, Vec::new()));
            context.len() - 1
        });
        let known = &mut context[at].1;
        for text in texts {
            if known.len() < MOST && !known.contains(&text) {
                known.push(text);
            }
        }
    }
    context.retain(|(_, texts)| !texts.is_empty());
    context
}
