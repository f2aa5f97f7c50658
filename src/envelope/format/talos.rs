//! Talos, and whatever else writes `host: ` before the event.

use super::prefix::{Line, is_name, line, take_off_head};
use crate::envelope::peel::{Look, Peel};
use std::net::IpAddr;

pub fn recognise(look: Look<'_>) -> bool {
    line(look).is_some_and(|line| line.begins_json() && address(line).is_some())
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let node = line(look).and_then(address);
    take_off_head(&mut peel.about(None, node), look);
}

/// `172.20.0.2: `
fn address(line: Line<'_>) -> Option<&str> {
    let [word] = line.words()?;
    word.strip_suffix(':').filter(|word| word.parse::<IpAddr>().is_ok() || is_name(word))
}
