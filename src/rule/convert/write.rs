//! Writing a Sigma rule as YAML.

use crate::rule::Meta;
use crate::rule::naming::slug;
use std::fmt::Write as _;

fn is_uuid(name: &str) -> bool {
    name.len() == 36 && name.chars().all(|ch| ch.is_ascii_hexdigit() || ch == '-')
}

/// How a rule of this name is called once it is written.
pub fn called(name: &str) -> String {
    let slug = slug(name);
    if is_uuid(name) || slug.is_empty() { name.to_owned() } else { slug }
}

pub fn head(meta: &Meta, names: &[String]) -> String {
    let mut head = format!("title: {}\n", scalar(&meta.title));
    if let Some(id) = names.iter().find(|name| is_uuid(name)) {
        let _ = writeln!(head, "id: {id}");
    }
    if !is_uuid(&meta.id) {
        let _ = writeln!(head, "name: {}", scalar(&called(&meta.id)));
    }
    let _ = writeln!(head, "status: {}", meta.status.name());
    for (key, text) in [("description", &meta.description), ("author", &meta.author)] {
        if !text.is_empty() {
            let _ = writeln!(head, "{key}: {}", scalar(text));
        }
    }
    for (key, texts) in [("references", &meta.references), ("tags", &meta.tags)] {
        head.push_str(&list(key, texts, ""));
    }
    head
}

/// Which logs the rule is for.
pub const LOGSOURCE: &str = "logsource:\n    product: kubernetes\n    service: audit\n";

/// A filter has no level: it finds nothing of its own.
pub fn foot(meta: &Meta, has_level: bool) -> String {
    let mut foot = list("fields", &meta.fields.iter().map(ToString::to_string).collect::<Vec<_>>(), "");
    foot.push_str(&list("falsepositives", &meta.false_positives, ""));
    if has_level {
        let _ = writeln!(foot, "level: {}", meta.level.name());
    }
    foot + &list("next", &meta.next, "")
}

/// Nothing where there is none.
pub fn list(key: &str, texts: &[String], indent: &str) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let lines = texts.iter().map(|text| format!("{indent}    - {}\n", scalar(text)));
    format!("{indent}{key}:\n{}", lines.collect::<String>())
}

pub fn entry(key: &str, values: &[String], indent: &str) -> String {
    let key = scalar(key);
    match values {
        [one] => format!("{indent}{key}: {one}\n"),
        many => {
            let lines = many.iter().map(|value| format!("{indent}    - {value}\n"));
            format!("{indent}{key}:\n{}", lines.collect::<String>())
        }
    }
}

/// Text as YAML, without quotes where nothing can be taken for anything else.
pub fn scalar(text: &str) -> String {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '.' | '|' | '/' | '-' | ' ');
    let word = text.starts_with(|ch: char| ch.is_ascii_alphabetic()) && text.chars().all(plain);
    let lower = text.to_ascii_lowercase();
    let other = matches!(lower.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if word && !other && !text.ends_with(' ') { text.to_owned() } else { quoted(text) }
}

/// Text in quotes: single ones, unless something in it must be written as an escape.
pub fn quoted(text: &str) -> String {
    let invisible = |ch: char| {
        ch.is_control()
            || matches!(ch, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if !text.chars().any(invisible) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' | '\\' => out.extend(['\\', ch]),
            ch if invisible(ch) => _ = write!(out, "\\u{:04x}", ch as u32),
            ch => out.push(ch),
        }
    }
    out + "\""
}
