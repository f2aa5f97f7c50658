//! Files that Fluentd writes: a time, a tag and the record with tabs between them.

use super::prefix::{is_time, line, take_off_head};
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    line(look).is_some_and(|line| is_head(line.head))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take_off_head(peel, look);
}

fn is_head(head: &str) -> bool {
    let mut cells = head.split('\t');
    cells.next().is_some_and(is_time) && cells.nth(1) == Some("") && cells.next().is_none()
}
