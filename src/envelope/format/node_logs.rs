//! OpenShift's `oc adm node-logs`: the node before each line.

use super::prefix::{is_name, is_time, line, take_off_head};
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    line(look).is_some_and(|line| line.begins_json()) && node(look).is_some()
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take_off_head(&mut peel.about(None, node(look)), look);
}

fn node(look: Look<'_>) -> Option<&str> {
    let [word] = line(look)?.words()?;
    Some(word).filter(|word| is_name(word) && !is_time(word))
}
