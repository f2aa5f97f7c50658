//! From the name of a field, as people write it, to the field.

use super::check::Complaint;
use crate::event::{FIELDS, Field, POD_KEYS};

/// Where a name of other taxonomies stands in an audit event.
const ELSEWHERE: &[(&str, &str)] = &[
    ("capabilities", "requestObject.spec.containers.securityContext.capabilities.add"),
    ("hostPath", "requestObject.spec.volumes.hostPath.path"),
    ("image", "requestObject.spec.containers.image"),
    ("privileged", "requestObject.spec.containers.securityContext.privileged"),
    ("username", "user.username"),
];

/// Objects of which all keys are known, and the keys of theirs that are no fields of their own.
const CLOSED: &[(&str, &[&str])] = &[
    ("objectRef", &[]),
    ("user", &[]),
    ("impersonatedUser", &[]),
    ("responseStatus", &["kind", "apiVersion"]),
    ("pod", POD_KEYS),
];

/// The field of that name.
///
/// # Errors
/// Audit events do not have it, be it that the table has no such name, or that an object of the table never
/// holds such a key.
pub fn field(name: &str) -> Result<Field, Complaint> {
    let unknown = |mend| Complaint::new(format!("audit events have no field `{name}`"), mend);
    let field = Field::parse(name).map_err(|error| {
        let elsewhere = ELSEWHERE.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        unknown(match elsewhere.or(error.nearest) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`kaudit fields` lists all that can be asked".to_owned(),
        })
    })?;
    match keys_instead(&field) {
        Some(keys) => Err(unknown(format!("`{}` holds {}", field.spec().name, keys.join(", ")))),
        None => Ok(field),
    }
}

/// The keys that an object has, where the field asks for another.
fn keys_instead(field: &Field) -> Option<Vec<&'static str>> {
    let object = field.spec().name;
    let (_, others) = CLOSED.iter().find(|(closed, _)| *closed == object)?;
    let key = field.path().first()?;
    if others.contains(&key.as_str()) {
        return None;
    }
    let rows = FIELDS.iter().filter_map(|spec| spec.name.strip_prefix(object)?.strip_prefix('.'));
    Some(rows.chain(others.iter().copied()).collect())
}

/// A name in small letters, digits and hyphens: `Create Privileged Pod` is `create-privileged-pod`.
pub fn slug(name: &str) -> String {
    let plain = name.chars().map(|ch| if ch.is_alphanumeric() { ch.to_ascii_lowercase() } else { '-' });
    let plain: String = plain.collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_taxonomies_lead_to_fields() {
        for (_, name) in ELSEWHERE {
            assert!(field(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn mistakes_below_a_known_object_are_told() {
        assert!(field("objectRef.resorce").unwrap_err().mend.contains("resource, namespace"));
        assert!(field("user.name").is_err() && field("responseStatus.kind").is_ok());
        assert!(field("requestObject.spec.anything").is_ok() && field("user.extra.anything").is_ok());
    }
}
