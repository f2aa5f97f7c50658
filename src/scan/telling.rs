//! What a rule has to tell of an event that it found: a message, and the fields it wants to be shown.

use crate::event::{BODIES, Decoder, Event, Slot};
use crate::finding::{Shown, Sighting};
use crate::redact::Redactor;
use crate::rule::{Meta, values};

/// Puts together what is told, reusing its memory from one finding to the next.
#[derive(Debug, Default)]
pub struct Telling {
    decoder: Decoder,
    lean: Vec<u8>,
    clean: Vec<u8>,
    /// The parts that are left out of what is clean, if that is of the present event.
    left_out: Option<Vec<Slot>>,
}

impl Telling {
    /// Another event.
    pub fn begin(&mut self) {
        self.left_out = None;
    }

    /// The sighting, with what the rule says of it. That may be any part of the event, bodies included, so that it is
    /// taken from the event as it is after secrets were taken out.
    #[inline(never)]
    pub fn of(&mut self, rule: &Meta, event: &Event<'_>, seen: &Sighting, redactor: Redactor) -> Sighting {
        let told = seen.clone();
        if rule.output.is_none() && rule.fields.is_empty() {
            return told;
        }
        if rule.output.is_none() && rule.fields.iter().all(|field| field.spec().public) {
            return tell(rule, (event, event), told, redactor);
        }
        self.clean_for(rule, event, redactor);
        match self.decoder.decode(&self.clean, event.cluster()) {
            Ok((clean, _)) => tell(rule, (event, &clean), told, redactor),
            Err(_) => told,
        }
    }

    /// Takes secrets out of the event, unless that was done for another rule which asks for as much.
    fn clean_for(&mut self, rule: &Meta, event: &Event<'_>, redactor: Redactor) {
        let idle = idle(rule);
        let holds_all = |left_out: &Vec<Slot>| left_out.iter().all(|slot| idle.contains(slot));
        if !self.left_out.as_ref().is_some_and(holds_all) {
            self.clean(event, &idle, redactor);
            self.left_out = Some(idle);
        }
    }

    /// Takes secrets out of the event, and these parts with them.
    fn clean(&mut self, event: &Event<'_>, idle: &[Slot], redactor: Redactor) {
        self.clean.clear();
        if idle.iter().any(|slot| event.has(*slot)) {
            self.lean.clear();
            event.push_without(idle, &mut self.lean);
            if let Ok((lean, _)) = self.decoder.decode(&self.lean, event.cluster()) {
                return redactor.record(&lean, &mut self.clean);
            }
        }
        redactor.record(event, &mut self.clean);
    }
}

/// Says it of an event and what is left of it without secrets.
fn tell(
    rule: &Meta,
    (event, clean): (&Event<'_>, &Event<'_>),
    mut told: Sighting,
    redactor: Redactor,
) -> Sighting {
    let text = |text: &str| redactor.text(text).into();
    told.message = rule.output.as_ref().map(|output| text(&output.render(clean)));
    let shown = rule.fields.iter().map(|field| {
        let values = values(field, if field.spec().public { event } else { clean });
        let values = values.iter().map(|value| text(value)).collect();
        Shown { field: field.to_string().into(), values }
    });
    told.fields = shown.filter(|shown| !shown.values.is_empty()).collect();
    told
}

/// The bodies that no field of the rule is about: they may be large, and are not gone through.
fn idle(rule: &Meta) -> Vec<Slot> {
    let asks = |body| rule.output.is_some() || rule.fields.iter().any(|field| field.reads(body));
    BODIES.into_iter().filter(|body| !asks(*body)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Evidence;
    use crate::rule::{Lists, read_texts};

    const RULES: &str = "[{rule: secret written, source: k8s_audit, desc: d, priority: NOTICE, \
        condition: ka.verb exists, output: '%ka.user.name %jevt.value[/requestObject/data/key] %ka.uri.param[command] \
        %jevt.value[/requestObject]'}]";

    fn told(rules: &str, redact: bool) -> Sighting {
        let rules = read_texts(&[("r.yaml".to_owned(), rules.as_bytes().to_vec())], Lists::builtin()).rules;
        let record = br#"{"verb":"create","auditID":"x","user":{"username":"j\u001b[2Jane"},
            "requestURI":"/api/v1/namespaces/a/pods/b/exec?command=sh&command=hunter2",
            "objectRef":{"resource":"secrets"},"requestObject":{"kind":"Secret","data":{"key":"czNjcjN0"}}}"#;
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record, None).unwrap();
        let seen = Sighting::at(Evidence { file: 0, offset: 0, line: 1 });
        Telling::default().of(&rules[0].rule.meta, &event, &seen, Redactor::new(redact))
    }

    #[test]
    fn what_is_told_of_one_event_after_another_rule_is_what_is_told_of_it_alone() {
        let rule = |shown: &str| {
            let text = format!(
                "{{title: t, name: t, level: low, logsource: {{product: kubernetes, service: audit}}, \
                detection: {{a: {{verb: create}}, condition: a}}, fields: [{shown}]}}"
            );
            let texts = [("r.yaml".to_owned(), text.into_bytes())];
            read_texts(&texts, Lists::builtin()).rules.remove(0).rule.meta
        };
        let rules =
            ["objectRef.name", "requestObject.a, responseObject.b", "requestObject.a", "verb"].map(rule);
        let record = |a: &str| {
            format!(
                r#"{{"verb":"create","auditID":"x","objectRef":{{"name":"n"}},"requestObject":{{"a":"{a}"}},"responseObject":{{"b":"c"}}}}"#
            )
        };
        let mut decoder = Decoder::default();
        let seen = Sighting::at(Evidence { file: 0, offset: 0, line: 1 });
        let mut telling = Telling::default();
        for record in [record("1"), record("2")] {
            let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
            telling.begin();
            for rule in &rules {
                let told =
                    |telling: &mut Telling| telling.of(rule, &event, &seen, Redactor::new(true)).fields;
                assert_eq!(told(&mut telling), told(&mut Telling::default()), "{:?}", rule.fields);
                assert!(!told(&mut telling).is_empty());
            }
        }
    }

    #[test]
    fn secrets_do_not_reach_a_message_unless_asked_for() {
        let message = |redact| told(RULES, redact).message.unwrap();
        let shown = message(true);
        assert!(!shown.contains("czNjcjN0") && !shown.contains("hunter2"), "{shown}");
        assert!(shown.starts_with("j\u{1b}[2Jane [redacted"), "{shown}");
        assert!(message(false).contains("czNjcjN0 sh "));
    }

    #[test]
    fn fields_that_a_rule_names_are_shown_without_secrets() {
        let rules = "{title: t, name: t, level: low, logsource: {product: kubernetes, service: audit}, \
            detection: {a: {verb: create}, condition: a}, \
            fields: [uri.param.command, requestObject.data.key, objectRef.name, no.such.field]}";
        let shown = |redact| {
            let fields = told(rules, redact).fields;
            fields
                .iter()
                .map(|shown| format!("{}={}", shown.field, shown.values.join("|")))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(false), ["uri.param.command=sh|hunter2", "requestObject.data.key=czNjcjN0"]);
        let redacted = shown(true);
        assert_eq!(redacted.len(), 2, "{redacted:?}");
        assert!(
            !redacted.concat().contains("hunter2") && !redacted.concat().contains("czNjcjN0"),
            "{redacted:?}"
        );
    }
}
