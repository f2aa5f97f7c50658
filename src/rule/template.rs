//! The message of a finding: text with fields of the event in it.

use crate::event::{Event, Field};

/// Parts of one message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Template(pub Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    Text(String),
    /// The first value of a field.
    One(Field),
    /// All values of a field: `(a,b)`.
    All(Field),
}

/// What stands for a field that the event does not have.
const MISSING: &str = "<NA>";
/// Values of one field in one message. A body may hold very many.
const MAX_VALUES: usize = 50;
/// Bytes of one value in a message.
const MAX_LEN: usize = 4096;

impl Template {
    /// The message for an event. Secrets are to be taken out of the event before.
    pub fn render(&self, event: &Event<'_>) -> String {
        let mut message = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => message.push_str(text),
                Piece::One(field) => message.push_str(&cut(&field.first(event).unwrap_or(MISSING.into()))),
                Piece::All(field) => message.push_str(&all(field, event)),
            }
        }
        message
    }
}

fn all(field: &Field, event: &Event<'_>) -> String {
    let values = values(field, event);
    if values.is_empty() { MISSING.to_owned() } else { format!("({})", values.join(",")) }
}

/// The values of a field as a finding shows them: `...` stands for what is too much.
pub fn values(field: &Field, event: &Event<'_>) -> Vec<String> {
    let mut values = Vec::new();
    field.any(event, &mut |value| {
        values.extend(value.to_text().map(|text| cut(&text)));
        values.len() > MAX_VALUES
    });
    if values.len() > MAX_VALUES {
        values[MAX_VALUES] = "...".to_owned();
    }
    values
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_LEN {
        return text.to_owned();
    }
    let end = (0..=MAX_LEN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}...", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;

    #[test]
    fn fields_are_put_into_the_text() {
        let field = |name: &str| Field::parse(name).unwrap();
        let template = Template(vec![
            Piece::Text("user=".into()),
            Piece::One(field("user.username")),
            Piece::Text(" groups=".into()),
            Piece::All(field("user.groups")),
            Piece::Text(" name=".into()),
            Piece::One(field("objectRef.name")),
            Piece::All(field("sourceIPs")),
        ]);
        let record = br#"{"verb":"get","auditID":"x","user":{"username":"jane","groups":["a","b"]}}"#;
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record, None).unwrap();
        assert_eq!(template.render(&event), "user=jane groups=(a,b) name=<NA><NA>");
    }

    #[test]
    fn a_message_stays_short_whatever_the_event_holds() {
        let groups = vec!["g".repeat(10_000); 1000];
        let record =
            serde_json::json!({"verb": "get", "auditID": "x", "user": {"groups": groups}}).to_string();
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        let message = Template(vec![Piece::All(Field::parse("user.groups").unwrap())]).render(&event);
        assert!(message.len() < 60 * MAX_LEN && message.ends_with(",...)"), "{}", message.len());
    }
}
