//! A mere list of records.

use crate::envelope::What;
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    matches!(look, Look::Array(_))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Look::Array(part) = look else { return peel.unknown(look) };
    if peel.records(part) == 0 && part.raw[1..].trim_ascii().len() > 1 {
        peel.say(What::Foreign, part.at);
    }
}
