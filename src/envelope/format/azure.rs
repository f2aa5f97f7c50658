//! What tables of Azure's Log Analytics have in common.

use crate::envelope::parts::Object;
use crate::envelope::place::resource_id;
use std::borrow::Cow;

/// The last part of the resource id.
pub fn cluster_of(object: Object<'_>) -> Option<Cow<'_, str>> {
    let ids = ["_ResourceId", "ResourceId", "resourceId"].iter().filter_map(|key| object.get(key)?.text());
    let named = ids.filter_map(|id| resource_id(&id).map(|name| Cow::Owned(name.to_owned()))).next();
    named.or_else(|| object.get("Resource")?.text())
}
