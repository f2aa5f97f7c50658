//! The fast path and the serde_json path say the same: what tests and the fuzzer hold of any record.

use super::known::Known;
use super::{BODIES, Event, Oddity, Slot, Spans, lenient, parse};

/// Objects that hold slots of their own are compared by these.
const NESTED: [Slot; 4] = [Slot::User, Slot::Impersonated, Slot::ObjectRef, Slot::ResponseStatus];

/// Whether both paths read the same from this record, if the fast one takes it at all, and whether it takes it likewise
/// when it knows it, or its like, already.
///
/// # Errors
/// What is not the same.
pub fn agree(record: &[u8], likes: &[Vec<u8>]) -> Result<(), String> {
    let (mut spans, mut known) = (Spans::default(), Known::default());
    let first = parse::parse(record, &mut spans, &mut known);
    likes.iter().for_each(|like| _ = parse::parse(like, &mut Spans::default(), &mut known));
    let mut again = Spans::default();
    if parse::parse(record, &mut again, &mut known) != first {
        return Err("what is known from other records changes what is read".to_owned());
    }
    if first.is_none_or(|seen| seen.end != record.len()) {
        return Ok(());
    }
    if let Some(slot) = Slot::ALL.iter().find(|slot| spans.get(**slot) != again.get(**slot)) {
        return Err(format!("{slot:?} stands elsewhere when the user is known"));
    }
    let fast = Event::new(record, &spans, None);
    // What is left has been checked by the fast path to the last byte.
    let (mut emptied, mut canonical) = (Vec::new(), Vec::new());
    fast.push_without(&BODIES, &mut emptied);
    let odd = lenient::canonical(&emptied, &mut canonical).map_err(|bad| bad.name())?;
    // The fast path does not see that a key it does not know stands twice; one that it knows it refuses then.
    let unseen = [Oddity::InvalidUtf8, Oddity::DuplicateKey];
    if let Some(oddity) = odd.iter().find(|oddity| !unseen.contains(oddity)) {
        return Err(format!("only the slow path notes: {}", oddity.name()));
    }
    let mut slow_spans = Spans::default();
    parse::parse_canonical(&canonical, &mut slow_spans).ok_or("the canonical form is not taken")?;
    let slow = Event::new(&canonical, &slow_spans, None);
    match Slot::ALL.iter().copied().find(|slot| !same(&fast, &slow, *slot)) {
        Some(slot) => Err(format!("{slot:?}: {:?} and {:?}", fast.decoded(slot), slow.decoded(slot))),
        None => Ok(()),
    }
}

fn same(fast: &Event<'_>, slow: &Event<'_>, slot: Slot) -> bool {
    let by_presence = BODIES.contains(&slot) || NESTED.contains(&slot);
    fast.has(slot) == slow.has(slot) && (by_presence || fast.decoded(slot) == slow.decoded(slot))
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::{Known, agree};
    use proptest::prelude::*;

    fn examples() -> Vec<Vec<u8>> {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(here.join("testdata/events.jsonl")).unwrap();
        text.lines().map(|line| line.as_bytes().to_vec()).collect()
    }

    #[test]
    fn fast_path_takes_every_recorded_form_and_agrees_with_serde() {
        for record in examples() {
            let text = String::from_utf8_lossy(&record).into_owned();
            let seen = parse::parse(&record, &mut Spans::default(), &mut Known::default());
            assert_eq!(seen.map(|seen| seen.end), Some(record.len()), "{text}");
            agree(&record, &[]).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
    }

    #[test]
    fn white_space_order_and_escaped_keys_change_nothing() {
        for record in examples() {
            let value: serde_json::Value = serde_json::from_slice(&record).unwrap();
            let serde_json::Value::Object(members) = &value else { panic!("no object") };
            let reversed: serde_json::Map<_, _> = members.clone().into_iter().rev().collect();
            let escaped = String::from_utf8(record.clone()).unwrap().replace("\"verb\":", "\"\\u0076erb\":");
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let (mut plain, mut other) = (Decoder::default(), Decoder::default());
            let (event, _) = plain.decode(&record, None).unwrap();
            for variant in [pretty, escaped, serde_json::to_string(&reversed).unwrap()] {
                let (seen, odd) = other.decode(variant.as_bytes(), None).unwrap();
                assert!(odd.is_empty());
                for slot in [
                    Slot::Verb,
                    Slot::Username,
                    Slot::RequestUri,
                    Slot::Resource,
                    Slot::Code,
                    Slot::StageTime,
                ] {
                    assert_eq!(event.decoded(slot), seen.decoded(slot), "{slot:?} in {variant}");
                }
            }
        }
    }

    #[test]
    fn hostile_forms_are_read_leniently_and_noted() {
        type Case<'c> = (&'c [u8], Result<&'c [Oddity], Bad>);
        let cases: [Case<'_>; 16] = [
            (br#"{"verb":"get","verb":"list","auditID":"x"}"#, Ok(&[Oddity::DuplicateKey])),
            (br#"{"verb":"list","user":{"username":"a","username":"b"}}"#, Ok(&[Oddity::DuplicateKey])),
            (br#"{"verb":"list","user":null,"auditID":"x"}"#, Ok(&[])),
            (br#"{"verb":"list","user":[],"auditID":"x"}"#, Ok(&[Oddity::WrongType])),
            (br#"{"verb":"list","responseStatus":{"code":200.0},"auditID":"x"}"#, Ok(&[])),
            (br#"{"verb":"list","responseStatus":{"code":"403"},"auditID":"x"}"#, Ok(&[])),
            (br#"{"verb":"list","responseStatus":{"code":{}},"auditID":"x"}"#, Ok(&[Oddity::WrongType])),
            (b"{\"verb\":\"list\",\"auditID\":\"\xff\"}", Ok(&[Oddity::InvalidUtf8])),
            (
                b"{\"verb\":\"list\",\"auditID\":\"x\",\"requestObject\":{\"a\":\"\xff\"}}",
                Ok(&[Oddity::InvalidUtf8]),
            ),
            (br#"{"verb":"list","auditID":"\ud800"}"#, Ok(&[])),
            (br#"{"verb":"list","auditID":"x""#, Err(Bad::Cut)),
            (br#"{"verb":"list","requestObject":{"a":[1,2"#, Err(Bad::Cut)),
            (br#"{"verb":"list","auditID":"x"} trailing"#, Err(Bad::NotJson)),
            (b"audit: started", Err(Bad::NotJson)),
            (br#"{"level":"info","msg":"hello"}"#, Err(Bad::Foreign)),
            (br#"{"kind":"Event","apiVersion":"v1","reason":"Killing"}"#, Err(Bad::Foreign)),
        ];
        for (record, expected) in cases {
            let text = String::from_utf8_lossy(record).into_owned();
            let got = Decoder::default().decode(record, None).map(|(_, odd)| odd.iter().collect::<Vec<_>>());
            assert_eq!(got, expected.map(|odd| odd.to_vec()), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_read_or_refused_but_never_a_crash() {
        for depth in [10, 31, 33, 1000, 100_000] {
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let body = format!(r#"{{"verb":"list","auditID":"x","requestObject":{{"a":{deep}}}}}"#);
            assert!(Decoder::default().decode(body.as_bytes(), None).is_ok(), "body {depth} deep");
            let other = format!(r#"{{"verb":"list","auditID":"x","annotations":{{"a":{deep}}}}}"#);
            assert_eq!(
                Decoder::default().decode(other.as_bytes(), None).is_ok(),
                depth < 32,
                "annotation {depth} deep"
            );
        }
    }

    #[test]
    fn the_last_of_repeated_keys_counts() {
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(br#"{"verb":"get","auditID":"x","verb":"delete"}"#, None).unwrap();
        assert_eq!(event.decoded(Slot::Verb).unwrap(), "delete");
    }

    /// Changes a few bytes, cuts, doubles a part.
    fn mutated() -> impl Strategy<Value = Vec<u8>> {
        let examples = examples();
        let change =
            (any::<prop::sample::Index>(), prop::sample::select(b"\"\\{}[],:ue0n \n\x00\xff\x1fa".to_vec()));
        (
            prop::sample::select(examples),
            prop::collection::vec(change, 0..4),
            any::<[prop::sample::Index; 2]>(),
            0..6u8,
        )
            .prop_map(|(mut record, changes, [a, b], kind)| {
                for (at, byte) in changes {
                    let at = at.index(record.len());
                    record[at] = byte;
                }
                let (a, b) = (a.index(record.len()), b.index(record.len()));
                match kind {
                    0 => record.truncate(a),
                    1 => drop(record.drain(a.min(b)..a.max(b))),
                    2 => record.extend_from_within(a.min(b)..a.max(b)),
                    _ => {}
                }
                record
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn fast_path_agrees_with_serde_on_mutated_events(record in mutated()) {
            prop_assert_eq!(agree(&record, &examples()), Ok(()));
            let _ = Decoder::default().decode(&record, None);
        }

        /// Whatever serde_json can read as an event, we read as an event.
        #[test]
        fn nothing_that_serde_reads_is_lost(record in mutated()) {
            let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&record) else { return Ok(()) };
            let is_text = |key| members.get(key).is_some_and(|value: &serde_json::Value| value.is_string());
            if is_text("verb") && is_text("auditID") {
                let read = Decoder::default().decode(&record, None).is_ok();
                prop_assert!(read, "{}", String::from_utf8_lossy(&record));
            }
        }
    }
}
