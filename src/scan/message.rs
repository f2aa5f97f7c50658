//! The message that a rule has for what it found.

use crate::event::{Decoder, Event};
use crate::redact::Redactor;
use crate::rule::Meta;

/// Puts messages together, reusing its memory from one to the next.
#[derive(Debug, Default)]
pub struct Messages {
    decoder: Decoder,
    clean: Vec<u8>,
}

impl Messages {
    /// The message of the rule, if it has one. A message may ask for any part of the event, bodies included, so
    /// that it is made from the event as it is after secrets were taken out.
    pub fn of(&mut self, rule: &Meta, event: &Event<'_>, redactor: Redactor) -> Option<Box<str>> {
        let output = rule.output.as_ref()?;
        self.clean.clear();
        redactor.record(event, &mut self.clean);
        let (clean, _) = self.decoder.decode(&self.clean, event.cluster()).ok()?;
        Some(redactor.text(&output.render(&clean)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Lists, read_texts};

    const RULES: &str = "[{rule: secret written, source: k8s_audit, desc: d, priority: NOTICE, \
        condition: ka.verb exists, output: '%ka.user.name %jevt.value[/requestObject/data/key] %ka.uri.param[command] \
        %jevt.value[/requestObject]'}]";

    fn message(redact: bool) -> String {
        let rules = read_texts(&[("r.yaml".to_owned(), RULES.as_bytes().to_vec())], Lists::builtin()).rules;
        let record = br#"{"verb":"create","auditID":"x","user":{"username":"j\u001b[2Jane"},
            "requestURI":"/api/v1/namespaces/a/pods/b/exec?command=sh&command=hunter2",
            "objectRef":{"resource":"secrets"},"requestObject":{"kind":"Secret","data":{"key":"czNjcjN0"}}}"#;
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record, None).unwrap();
        Messages::default().of(&rules[0].rule.meta, &event, Redactor::new(redact)).unwrap().into()
    }

    #[test]
    fn secrets_do_not_reach_a_message_unless_asked_for() {
        let shown = message(true);
        assert!(!shown.contains("czNjcjN0") && !shown.contains("hunter2"), "{shown}");
        assert!(shown.starts_with("j\u{1b}[2Jane [redacted"), "{shown}");
        assert!(message(false).contains("czNjcjN0 sh "));
    }
}
