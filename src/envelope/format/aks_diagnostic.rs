//! One entry of a diagnostic setting of AKS. The cluster is the last part of the resource id.

use crate::envelope::What;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::envelope::place::resource_id;
use crate::event::Bad;

/// `{"category":"kube-audit","resourceId":"...","properties":{"log":"..."}}`; storage has one in each line.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("category") && object.has("properties"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let id = object.get("resourceId").and_then(Part::text);
    let cluster = id.and_then(|id| resource_id(&id));
    let mut peel = peel.about(cluster.as_deref(), None);
    let ours = object.get("category").is_some_and(|category| category.says(b"kube-audit"));
    match object.get("properties").and_then(|properties| properties.get("log")).filter(|_| ours) {
        Some(log) => peel.json(log),
        None if object.part.whole => peel.say(What::Foreign, object.part.at),
        None => peel.say(What::Bad(Bad::Cut), object.part.at),
    }
}
