//! The fields of a rule, and where they stand in an audit event.

use super::table::{Arg, FIELDS, OTHERS, names};
use crate::event::Field;
use crate::rule::check::Complaint;
use crate::rule::{Case, Expr, Pattern, Place, Test, TextTest, naming};

/// What a field asks of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Field {
        field: Field,
        list: bool,
    },
    /// One of a few texts, each of which it is under a condition.
    Cases(Vec<(&'static str, Expr)>),
    /// The time in nanoseconds.
    Moment,
    /// The number of the event, of which only that it is none below 0 is known.
    Count,
}

/// The field of a name and its argument.
///
/// # Errors
/// There is none of that name, or the argument is missing, wrong or too much.
pub fn resolve(name: &str, argument: Option<&str>) -> Result<Operand, Complaint> {
    let known = FIELDS.iter().map(|row| (row.0, row.1)).chain(OTHERS.iter().copied());
    let Some((_, arg)) = known.into_iter().find(|(known, _)| *known == name) else {
        return Err(unknown(name));
    };
    check_argument(name, arg, argument)?;
    let argument = argument.unwrap_or_default();
    match FIELDS.iter().find(|row| row.0 == name) {
        Some((name, _, list, field)) => {
            let indexed = !argument.is_empty();
            let field = native(name, field, argument)?;
            Ok(Operand::Field { field, list: *list && !(indexed && is_single(name)) })
        }
        None => other(name, argument),
    }
}

/// Whether the index leaves one value; an element of a role's rules still holds several.
fn is_single(name: &str) -> bool {
    const SEVERAL: [&str; 3] = ["add_capabilities", "host_port", "volume_type"];
    !name.starts_with("ka.req.role.rules.") && !SEVERAL.iter().any(|end| name.ends_with(end))
}

fn check_argument(name: &str, arg: Arg, argument: Option<&str>) -> Result<(), Complaint> {
    match (arg, argument) {
        (Arg::None, Some(_)) => {
            Err(Complaint::new(format!("`{name}` takes no argument"), format!("write `{name}`")))
        }
        (Arg::Key, None) => {
            Err(Complaint::new(format!("`{name}` needs an argument"), format!("write `{name}[...]`")))
        }
        (Arg::Index, Some(index)) if index.parse::<usize>().is_err() => Err(Complaint::new(
            format!("`{index}` is no index"),
            format!("write `{name}[0]`, or no argument"),
        )),
        _ => Ok(()),
    }
}

fn native(name: &str, field: &str, argument: &str) -> Result<Field, Complaint> {
    match (name, argument) {
        ("ka.uri.param", key) => below("uri.param", vec![key.to_owned()]),
        ("ka.sourceips", "") => naming::field(field),
        ("ka.sourceips", index) => naming::field(&format!("json.sourceIPs[{index}]")),
        ("ka.req.service.ports", "") => naming::field(&format!("{field}.*")),
        ("ka.req.service.ports", index) => naming::field(&format!("{field}[{index}]")),
        (_, "") => naming::field(&field.replace("{}", "")),
        (_, index) => naming::field(&field.replace("{}", &format!("[{index}]"))),
    }
}

/// A path below a field of the table, whatever signs its keys hold.
fn below(name: &str, path: Vec<String>) -> Result<Field, Complaint> {
    let field = naming::field(name)?;
    Ok(field.below(path))
}

fn other(name: &str, argument: &str) -> Result<Operand, Complaint> {
    let single = |field| Ok(Operand::Field { field, list: false });
    match name {
        "evt.num" => Ok(Operand::Count),
        "evt.rawtime" | "jevt.rawtime" | "json.rawtime" => Ok(Operand::Moment),
        "evt.time" | "evt.time.iso8601" | "evt.datetime" | "jevt.time" | "jevt.time.iso8601" => {
            single(naming::field("time")?)
        }
        "evt.source" => Ok(Operand::Cases(vec![("k8s_audit", Expr::TRUE)])),
        "evt.pluginname" => Ok(Operand::Cases(vec![("k8saudit", Expr::TRUE)])),
        "jevt.obj" | "json.obj" => single(naming::field("json")?),
        "jevt.value" | "json.value" => single(pointer(argument)?),
        "ka.req.container.privileged" => {
            let field = naming::field("requestObject.spec.containers.securityContext.privileged")?;
            let privileged = is(&field, Pattern::literal("true"));
            flag(privileged, &naming::field("requestObject.spec.containers")?)
        }
        "ka.req.volume.hostpath" => {
            let field = naming::field("requestObject.spec.volumes.hostPath.path")?;
            let pattern = match argument.strip_suffix('*') {
                Some(prefix) => Pattern::literal(prefix).placed(Place::Start),
                None => Pattern::literal(argument),
            };
            let used =
                if pattern.is_anything() { Expr::is(&field, Test::Exists) } else { is(&field, pattern) };
            flag(used, &naming::field("requestObject.spec.volumes")?)
        }
        // Falco has given up this one, and answers the same whatever the subjects; asked for what it says.
        "ka.req.binding.subject.has_name" => {
            let named = is(&naming::field("requestObject.subjects.name")?, Pattern::literal(argument));
            flag(named, &naming::field("requestObject.subjects")?)
        }
        _ => Err(unknown(name)),
    }
}

fn is(field: &Field, pattern: Pattern) -> Expr {
    Expr::is(field, Test::Text(TextTest { case: Case::Exact, patterns: vec![pattern] }))
}

/// `true` when the condition holds, else `false`, where there is such a list at all.
fn flag(holds: Expr, list: &Field) -> Result<Operand, Complaint> {
    let not = Expr::all(vec![Expr::is(list, Test::Exists), holds.clone().negate()]);
    Ok(Operand::Cases(vec![("true", holds), ("false", not)]))
}

/// Paths of more than this are no paths of an audit event.
const MAX_STEPS: usize = 32;

/// The field at a JSON pointer (RFC 6901): the one of the table that stands there, where it holds text or a
/// number, else the JSON text of what does.
fn pointer(pointer: &str) -> Result<Field, Complaint> {
    let no_pointer = || {
        let mend = "write it as /requestObject/spec/hostPID; the whole event is jevt.obj";
        Complaint::new(format!("`{pointer}` is no JSON pointer"), mend)
    };
    let path = pointer.strip_prefix('/').ok_or_else(no_pointer)?;
    let steps: Vec<String> = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    if steps.len() > MAX_STEPS || steps.iter().any(String::is_empty) {
        return Err(no_pointer());
    }
    if let [first, key] = steps.as_slice()
        && first == "annotations"
    {
        return below("annotations", vec![key.clone()]);
    }
    let name = steps.join(".");
    let native = Field::parse(&name).ok().filter(|field| {
        use crate::event::Kind::{Number, Text, Time};
        let spec = field.spec();
        spec.name == name && matches!(spec.kind, Number | Text | Time) && JSON.contains(&steps[0].as_str())
    });
    let index = |step: String| if step.parse::<usize>().is_ok() { format!("[{step}]") } else { step };
    match native {
        Some(field) => Ok(field),
        None => below("json", steps.into_iter().map(index).collect()),
    }
}

/// Keys of an audit event; other names of the table are put together by us.
const JSON: &[&str] = &[
    "kind",
    "apiVersion",
    "level",
    "auditID",
    "stage",
    "requestURI",
    "verb",
    "user",
    "impersonatedUser",
    "userAgent",
    "objectRef",
    "responseStatus",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "timestamp",
];

fn unknown(name: &str) -> Complaint {
    let group = name.rsplit_once('.').map_or("", |(group, _)| group);
    let near: Vec<&str> =
        names().filter(|known| known.rsplit_once('.').is_some_and(|(of, _)| of == group)).collect();
    let mend = match near.is_empty() {
        true => {
            "there are ka.* fields, and jevt.value[/any/path]; rules about system calls have another source"
                .to_owned()
        }
        false => format!("there are {}", near.join(", ")),
    };
    Complaint::new(format!("events of k8s_audit have no field `{name}`"), mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_every_field_resolves() {
        assert!(FIELDS.is_sorted_by_key(|row| row.0) && OTHERS.is_sorted());
        for (name, arg) in FIELDS.iter().map(|row| (row.0, row.1)).chain(OTHERS.iter().copied()) {
            let argument = match arg {
                Arg::Key => Some("/stage"),
                _ => None,
            };
            assert!(resolve(name, argument).is_ok(), "{name}");
            if arg == Arg::Index {
                assert!(resolve(name, Some("0")).is_ok(), "{name}[0]");
            }
        }
    }

    #[test]
    fn pointers_lead_to_fields_or_to_json_text() {
        let shown = |text: &str| pointer(text).unwrap().to_string();
        assert_eq!(shown("/stage"), "stage");
        assert_eq!(shown("/objectRef/resource"), "objectRef.resource");
        assert_eq!(
            shown("/annotations/authorization.k8s.io~1decision"),
            "annotations.\"authorization.k8s.io/decision\""
        );
        assert_eq!(
            shown("/requestObject/spec/containers/0/image"),
            "json.requestObject.spec.containers[0].image"
        );
        assert_eq!(shown("/objectRef"), "json.objectRef");
        assert_eq!(shown("/uri/path"), "json.uri.path");
        assert!(pointer("stage").is_err() && pointer("/").is_err());
    }

    #[test]
    fn arguments_are_checked() {
        for (name, argument) in [
            ("ka.verb", Some("0")),
            ("ka.uri.param", None),
            ("ka.req.pod.containers.image", Some("first")),
            ("proc.name", None),
            ("ka.name", None),
        ] {
            assert!(resolve(name, argument).is_err(), "{name}");
        }
    }
}
