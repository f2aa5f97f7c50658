//! Export tasks of CloudWatch: `2026-05-05T14:16:10.001Z ...`

use super::prefix::{is_time, line, take_off_head};
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    line(look).and_then(|line| line.words()).is_some_and(|[time]| is_time(time))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take_off_head(peel, look);
}
