//! Some fields of an event, kept when its record is gone.

use super::{Event, Slot, Span, Spans};

/// A copy of some fields. It can be filled again, without new memory.
#[derive(Debug, Default)]
pub struct Excerpt {
    bytes: Vec<u8>,
    /// Fewer than an event has room for.
    spans: Vec<(Slot, Span)>,
}

impl Excerpt {
    /// Forgets what it held and copies these fields. Of `User`, only that there is one: it may be long.
    pub fn fill(&mut self, event: &Event<'_>, slots: &[Slot]) {
        self.bytes.clear();
        self.spans.clear();
        let all = || slots.iter().filter_map(|slot| Some((*slot, event.span(*slot)?)));
        self.bytes.reserve(all().map(|(_, span)| span.end() - span.start()).sum());
        self.spans.reserve(slots.len() + 1);
        for (slot, span) in all() {
            let Some(text) = event.record.get(span.start()..span.end()) else { continue };
            let start = self.bytes.len();
            self.bytes.extend_from_slice(text);
            self.spans.push((slot, Span::new(start, self.bytes.len(), span.is_escaped())));
        }
        if event.has(Slot::User) {
            self.spans.push((Slot::User, Span::default()));
        }
    }

    /// The event, as far as it was copied; `spans` becomes part of it.
    pub fn event<'e>(&'e self, spans: &'e mut Spans, cluster: Option<&'e str>) -> Event<'e> {
        spans.clear();
        self.spans.iter().for_each(|(slot, span)| spans.set(*slot, *span));
        Event::new(&self.bytes, spans, cluster)
    }

    /// As [`Event::raw`].
    pub fn raw(&self, slot: Slot) -> Option<&[u8]> {
        let (_, span) = self.spans.iter().find(|(known, _)| *known == slot)?;
        self.bytes.get(span.start()..span.end())
    }

    /// Bytes of memory.
    pub fn weight(&self) -> usize {
        self.bytes.capacity() + self.spans.capacity() * size_of::<(Slot, Span)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;

    #[test]
    fn a_copy_says_what_the_event_says_and_no_more() {
        let line = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","verb":"g\u0065t",
            "user":{"username":"me"},"sourceIPs":["10.0.0.1","10.0.0.2"],"responseStatus":{"code":403}}"#;
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(line, Some("c")).unwrap();
        let mut copy = Excerpt::default();
        for _ in 0..2 {
            copy.fill(&event, &[Slot::Verb, Slot::Username, Slot::SourceIps, Slot::Code, Slot::Name]);
        }
        assert_eq!(copy.raw(Slot::Code), Some(&b"403"[..]));
        let mut spans = Spans::default();
        let copied = copy.event(&mut spans, Some("c"));
        assert_eq!(copied.decoded(Slot::Verb).as_deref(), Some("get"));
        assert_eq!(copied.principal().unwrap().decode(), "me");
        assert_eq!(copied.source_ip().unwrap().decode(), "10.0.0.2");
        assert_eq!((copied.code(), copied.cluster()), (Some(403), Some("c")));
        assert!(!copied.has(Slot::Name) && !copied.has(Slot::AuditId));
        copy.fill(&event, &[]);
        assert_eq!(
            copy.event(&mut spans, None).principal().unwrap().decode(),
            "",
            "a user without a name is not no user"
        );
    }
}
