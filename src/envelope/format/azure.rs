//! What tables of Azure's Log Analytics have in common.

use crate::envelope::parts::Object;
use crate::envelope::place::resource_id;

/// The last part of the resource id.
pub fn cluster_of(object: Object<'_>) -> Option<String> {
    let mut ids =
        ["_ResourceId", "ResourceId", "resourceId"].iter().filter_map(|key| object.get(key)?.text());
    let named = ids.find_map(|id| resource_id(&id));
    named.or_else(|| Some(object.get("Resource")?.text()?.to_lowercase()))
}
