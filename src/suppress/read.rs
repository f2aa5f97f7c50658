//! Entries as they are written. All mistakes are told at once, each with its line and column.

use super::{Entry, Key};
use crate::rule::{Diagnostic, Severity, Source, Spot};
use crate::time;
use chrono::NaiveDate;
use regex::Regex;
use serde::Deserialize;
use std::ops::Range;
use toml::{Spanned, Value};

type Text = Option<Spanned<String>>;

/// One `[[suppress]]`:
///
/// ```toml
/// [[suppress]]
/// rule = "secret-list"
/// principal = 'system:serviceaccount:backup:.*'
/// reason = "the nightly backup lists all secrets (SEC-123)"
/// expires = 2026-12-31
/// ```
///
/// Beside `principal` there are `user`, `cluster`, `namespace`, `name`, `resource`, `verb`, `sourceIP` and `userAgent`: regular
/// expressions that the whole value must match, all of them. `rule` is a name or id of a rule, or `*` for any.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    rule: Text,
    cluster: Text,
    principal: Text,
    user: Text,
    namespace: Text,
    name: Text,
    resource: Text,
    verb: Text,
    #[serde(rename = "sourceIP")]
    source_ip: Text,
    #[serde(rename = "userAgent")]
    user_agent: Text,
    reason: Text,
    expires: Option<Spanned<Value>>,
}

/// Makes entries ready.
///
/// # Errors
/// All that is wrong with them.
pub fn read(raw: Vec<Spanned<Raw>>, text: &str, file: &str) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let mut reader = Reader { source: Source { file, text }, wrong: Vec::new() };
    let entries = raw.into_iter().map(|raw| reader.entry(raw.span(), raw.into_inner())).collect();
    if reader.wrong.is_empty() { Ok(entries) } else { Err(reader.wrong) }
}

struct Reader<'t> {
    source: Source<'t>,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, at: Range<usize>, text: impl Into<String>, mend: &str) {
        let at = self.source.excerpt(Spot::new(at.start, at.end));
        self.wrong.push(Diagnostic {
            severity: Severity::Error,
            at,
            text: text.into(),
            mend: mend.to_owned(),
        });
    }

    fn entry(&mut self, at: Range<usize>, raw: Raw) -> Entry {
        let head = at.start..at.start + "[[suppress]]".len();
        let keys = [
            (Key::Cluster, raw.cluster),
            (Key::Principal, raw.principal),
            (Key::User, raw.user),
            (Key::Namespace, raw.namespace),
            (Key::Name, raw.name),
            (Key::Resource, raw.resource),
            (Key::Verb, raw.verb),
            (Key::SourceIp, raw.source_ip),
            (Key::UserAgent, raw.user_agent),
        ];
        let tests: Vec<(Key, Regex)> =
            keys.into_iter().filter_map(|(key, text)| Some((key, self.regex(text?)?))).collect();
        let line = self.source.excerpt(Spot::new(at.start, at.start)).line;
        let rule = self.rule(raw.rule, head.clone());
        if rule.is_none() && tests.is_empty() {
            self.error(
                head.clone(),
                "this entry would suppress everything",
                "say for which rule, or for whom",
            );
        }
        let reason = self.reason(raw.reason, head);
        let expires = raw.expires.and_then(|date| self.date(date));
        Entry { rule, tests, reason, expires, file: self.source.file.to_owned(), line }
    }

    /// `None` for any rule.
    fn rule(&mut self, rule: Text, head: Range<usize>) -> Option<String> {
        match rule {
            Some(rule) if rule.get_ref() == "*" => None,
            Some(rule) => Some(rule.into_inner()),
            None => {
                self.error(
                    head,
                    "this entry names no rule",
                    "add `rule = \"...\"`, or `rule = \"*\"` for any",
                );
                Some(String::new())
            }
        }
    }

    fn reason(&mut self, reason: Text, head: Range<usize>) -> String {
        const MEND: &str = "add `reason = \"...\"`: who accepted this, and why";
        match reason {
            Some(reason) if !reason.get_ref().trim().is_empty() => reason.into_inner(),
            Some(empty) => {
                self.error(empty.span(), "the reason is empty", MEND);
                String::new()
            }
            None => {
                self.error(head, "this entry gives no reason", MEND);
                String::new()
            }
        }
    }

    fn regex(&mut self, text: Spanned<String>) -> Option<Regex> {
        let made = Regex::new(text.get_ref()).and_then(|_| Regex::new(&format!("^(?s:{})$", text.get_ref())));
        made.map_err(|error| {
            let said = error.to_string();
            let said =
                said.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            self.error(
                text.span(),
                format!("this is no regular expression: {said}"),
                "write `.*` for any text",
            );
        })
        .ok()
    }

    fn date(&mut self, date: Spanned<Value>) -> Option<(String, i64)> {
        let written = match date.get_ref() {
            Value::String(text) => text.clone(),
            Value::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let day = NaiveDate::parse_from_str(&written, "%Y-%m-%d").ok();
        let end = day.and_then(|day| day.succ_opt()).and_then(|next| next.and_hms_opt(0, 0, 0));
        match end {
            Some(end) => Some((written, end.and_utc().timestamp().saturating_mul(time::SECOND))),
            None => {
                self.error(date.span(), "this is no date", "write the last day as 2026-12-31");
                None
            }
        }
    }
}
