//! One record.

use kaudit::event::{Decoder, FIELDS, Field, agree};

/// Both ways of decoding read the same, and no field of what they read is a trap.
pub fn decode_agrees(record: &[u8]) {
    agree::agree(record, &[]).unwrap_or_else(|error| panic!("{error}"));
    let (mut usual, mut unusual) = (Decoder::default(), Decoder::default());
    let slow = unusual.decode_unusual(record, None);
    let Ok((event, _)) = usual.decode(record, Some("cluster")) else {
        assert!(slow.is_err(), "only the slow path reads it");
        return;
    };
    for spec in FIELDS {
        let field = Field::parse(spec.name).expect("a field of the table");
        field.any(&event, &mut |value| {
            value.to_text();
            value.to_number();
            false
        });
    }
}
