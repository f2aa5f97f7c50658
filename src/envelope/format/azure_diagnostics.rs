//! Log Analytics, the table AzureDiagnostics.

use super::azure::cluster_of;
use crate::envelope::peel::{Look, Peel};

/// A row of AzureDiagnostics, with the event in `log_s`.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("log_s"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(log) = object.get("log_s") else { return peel.unknown(look) };
    let cluster = cluster_of(object);
    peel.about(cluster.as_deref(), None).json(log);
}
