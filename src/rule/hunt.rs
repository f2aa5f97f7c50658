//! A hunt: a rule without a file, made from flags.
//!
//! Values of one flag are alternatives, different flags must all be met, and `--not-...` excludes. A value
//! may hold `*` and `?`, or be a regular expression between slashes (`/^system:/`). Case is ignored unless
//! the hunt is exact.

use super::check::{self, Complaint};
use super::naming;
use super::network::network;
use super::query::{self, equals, regex};
use super::resources::plural_of;
use super::{Case, Compare, Expr, Predicate, Test};
use crate::error::{self, Error};
use crate::event::Field;

/// The values of a flag and of its negated twin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub is: Vec<String>,
    pub not: Vec<String>,
}

/// What is searched for. The default asks for every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunt {
    /// Any name the actor goes by (field `identity`).
    pub principal: Wanted,
    /// The whole user agent, or the name of the program (`kubectl`).
    pub user_agent: Wanted,
    /// An address or network, also text with wildcards. Any of sourceIPs counts, also those that the client
    /// only claims: a hunt rather shows too much. `--where sourceIP=...` asks for the trusted one.
    pub ip: Wanted,
    pub verb: Wanted,
    /// As kubectl names it: `pods`, `pods/exec`, `deployments.apps`; singular and short names too.
    pub resource: Wanted,
    /// Empty for requests outside namespaces.
    pub namespace: Wanted,
    pub name: Wanted,
    /// `403`, `4xx` or `400-499`.
    pub code: Wanted,
    pub cluster: Wanted,
    pub audit_id: Wanted,
    pub level: Wanted,
    pub stage: Wanted,
    /// Expressions, all of which must be met.
    pub where_: Vec<String>,
    /// Tell upper case from lower case.
    pub exact: bool,
    /// Microseconds since 1970 (UTC), the first that counts.
    pub since: Option<i64>,
    /// Microseconds since 1970 (UTC), the first that counts no more.
    pub until: Option<i64>,
}

/// One flag, and what its values ask for.
struct Flag {
    name: &'static str,
    of: fn(&Hunt) -> &Wanted,
    ask: fn(&str, Case) -> Result<Expr, Complaint>,
}

const FLAGS: &[Flag] = &[
    Flag { name: "principal", of: |hunt| &hunt.principal, ask: |text, case| ask("identity", text, case) },
    Flag { name: "user-agent", of: |hunt| &hunt.user_agent, ask: user_agent },
    Flag { name: "ip", of: |hunt| &hunt.ip, ask: address },
    Flag { name: "verb", of: |hunt| &hunt.verb, ask: |text, case| ask("verb", text, case) },
    Flag { name: "resource", of: |hunt| &hunt.resource, ask: resource },
    Flag {
        name: "namespace",
        of: |hunt| &hunt.namespace,
        ask: |text, case| ask("objectRef.namespace", text, case),
    },
    Flag { name: "name", of: |hunt| &hunt.name, ask: |text, case| ask("objectRef.name", text, case) },
    Flag { name: "code", of: |hunt| &hunt.code, ask: code },
    Flag { name: "cluster", of: |hunt| &hunt.cluster, ask: |text, case| ask("cluster", text, case) },
    Flag { name: "audit-id", of: |hunt| &hunt.audit_id, ask: |text, case| ask("auditID", text, case) },
    Flag { name: "level", of: |hunt| &hunt.level, ask: |text, case| of_the_set("level", text, case) },
    Flag { name: "stage", of: |hunt| &hunt.stage, ask: |text, case| of_the_set("stage", text, case) },
];

impl Hunt {
    /// The condition that is hunted for. [`super::complaints`] tells what of it no event can meet.
    ///
    /// # Errors
    /// [`Error::Usage`] that names the flag and how to mend its value.
    pub fn expr(&self) -> error::Result<Expr> {
        let case = if self.exact { Case::Exact } else { Case::Ignore };
        let mut parts = Vec::new();
        for flag in FLAGS {
            flag.add(self, case, &mut parts)?;
        }
        for text in &self.where_ {
            parts.push(query::parse(text, case)?);
        }
        let bounds = [(self.since, Compare::GreaterOrEqual), (self.until, Compare::Less)];
        for (at, compare) in bounds.into_iter().filter_map(|(at, compare)| Some((at?, compare))) {
            parts.push(Expr::is(&named("time").map_err(usage)?, Test::Time(compare, at)));
        }
        Ok(Expr::all(parts))
    }
}

impl Flag {
    fn add(&self, hunt: &Hunt, case: Case, parts: &mut Vec<Expr>) -> error::Result<()> {
        let wanted = (self.of)(hunt);
        if !wanted.is.is_empty() {
            parts.push(self.any("", &wanted.is, case)?);
        }
        if !wanted.not.is_empty() {
            parts.push(self.any("not-", &wanted.not, case)?.negate());
        }
        Ok(())
    }

    fn any(&self, prefix: &str, values: &[String], case: Case) -> error::Result<Expr> {
        let asked = values.iter().map(|value| {
            (self.ask)(value, case).map_err(|Complaint { text, mend }| {
                let text = format!("--{prefix}{}: {text}", self.name);
                usage(Complaint { text, mend })
            })
        });
        Ok(Expr::any(asked.collect::<error::Result<_>>()?))
    }
}

fn usage(Complaint { text, mend }: Complaint) -> Error {
    Error::usage(format!("{text}\n  = help: {mend}"))
}

fn named(name: &str) -> Result<Field, Complaint> {
    naming::field(name)
}

/// Text with wildcards, or `/regex/`.
fn ask(field: &str, text: &str, case: Case) -> Result<Expr, Complaint> {
    let field = named(field)?;
    match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
        Some(pattern) if !pattern.is_empty() => regex(&field, pattern, case),
        _ => equals(&field, text, case),
    }
}

fn user_agent(text: &str, case: Case) -> Result<Expr, Complaint> {
    Ok(Expr::any(vec![ask("userAgent", text, case)?, ask("userAgent.family", text, case)?]))
}

/// Text that is to be an address and is none would silently find nothing.
fn address(text: &str, case: Case) -> Result<Expr, Complaint> {
    if network(text).is_none() && !text.contains(['*', '?']) && !text.starts_with('/') {
        let mend = "write 10.0.0.1, 10.0.0.0/8, 2001:db8::/32 or 10.0.*";
        return Err(Complaint::new(format!("`{text}` is neither an address nor a network"), mend));
    }
    ask("sourceIPs", text, case)
}

/// People say `pod` and `po`, events say `pods`.
fn resource(text: &str, case: Case) -> Result<Expr, Complaint> {
    let end = text.find(['/', '.']).unwrap_or(text.len());
    match plural_of(&text[..end]) {
        Some(plural) => ask("resource", &format!("{plural}{}", &text[end..]), case),
        None => ask("resource", text, case),
    }
}

fn code(text: &str, case: Case) -> Result<Expr, Complaint> {
    const FIELD: &str = "responseStatus.code";
    let bound = |text: &str| text.trim().parse::<u16>().ok();
    let range = text.split_once('-').and_then(|(first, last)| Some((bound(first)?, bound(last)?)));
    let Some((first, last)) = range else {
        return ask(FIELD, text, case)
            .map_err(|complaint| Complaint { mend: "write 403, 4xx or 400-499".into(), ..complaint });
    };
    if first > last {
        return Err(Complaint::new("this range is empty", format!("write {last}-{first}")));
    }
    let field = named(FIELD)?;
    let bounds = [(Compare::GreaterOrEqual, first), (Compare::LessOrEqual, last)];
    let number = |bound| super::Number::new(f64::from(bound));
    let tests = bounds.into_iter().filter_map(|(compare, bound)| Some(Test::Number(compare, number(bound)?)));
    Ok(Expr::all(tests.map(|test| Expr::is(&field, test)).collect()))
}

/// A field whose values are all known: others are mistakes.
fn of_the_set(field: &str, text: &str, case: Case) -> Result<Expr, Complaint> {
    let expr = ask(field, text, case)?;
    match &expr {
        Expr::Is(Predicate { test: Test::Exists, .. }) => Ok(expr),
        Expr::Is(predicate) => check::impossible(predicate).map_or(Ok(expr), Err),
        _ => Ok(expr),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hunt: &Hunt) -> String {
        format!("{:?}", hunt.expr().unwrap())
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(refused(Hunt { ip: is(&["300.1.1.1"]), ..Hunt::default() }).contains("neither an address"));
        for fine in ["10.0.0.1", "10.0.0.0/8", "::1", "10.*", "/^10/"] {
            shown(&Hunt { ip: is(&[fine]), ..Hunt::default() });
        }
    }

    fn refused(hunt: Hunt) -> String {
        hunt.expr().unwrap_err().to_string()
    }

    fn is(values: &[&str]) -> Wanted {
        Wanted { is: values.iter().map(|value| (*value).to_owned()).collect(), not: Vec::new() }
    }

    fn query(text: &str) -> Expr {
        query::parse(text, Case::Ignore).unwrap()
    }

    #[test]
    fn without_flags_every_event_is_hunted_for() {
        assert_eq!(Hunt::default().expr().unwrap(), Expr::TRUE);
    }

    #[test]
    fn values_are_alternatives_flags_add_up_and_not_excludes() {
        let mut hunt = Hunt { verb: is(&["get", "list"]), namespace: is(&["prod-*"]), ..Hunt::default() };
        hunt.namespace.not.push("prod-test".into());
        let expected = "(verb=get or verb=list) and ns=prod-* and ns!=prod-test";
        assert_eq!(hunt.expr().unwrap(), query(expected));
    }

    #[test]
    fn each_flag_asks_what_its_query_asks() {
        let cases: &[(Hunt, &str)] = &[
            (Hunt { principal: is(&["johnD"]), ..Hunt::default() }, "identity=johnD"),
            (Hunt { principal: is(&["/^john/"]), ..Hunt::default() }, "identity ~ /^john/"),
            (Hunt { user_agent: is(&["curl"]), ..Hunt::default() }, "ua=curl or userAgent.family=curl"),
            (Hunt { ip: is(&["10.0.0.0/8"]), ..Hunt::default() }, "sourceIPs cidr 10.0.0.0/8"),
            (Hunt { ip: is(&["10.*"]), ..Hunt::default() }, "sourceIPs=10.*"),
            (Hunt { resource: is(&["po/exec"]), ..Hunt::default() }, "resource=pods/exec"),
            (Hunt { resource: is(&["deployment.apps"]), ..Hunt::default() }, "resource=deployments.apps"),
            (Hunt { namespace: is(&[""]), ..Hunt::default() }, "ns=''"),
            (Hunt { code: is(&["403"]), ..Hunt::default() }, "code=403"),
            (Hunt { code: is(&["4xx"]), ..Hunt::default() }, "code=4??"),
            (Hunt { code: is(&["400-499"]), ..Hunt::default() }, "code>=400 and code<=499"),
            (Hunt { level: is(&["metadata"]), ..Hunt::default() }, "level=metadata"),
            (
                Hunt { where_: vec!["verb=get".into(), "code=200".into()], ..Hunt::default() },
                "verb=get and code=200",
            ),
            (
                Hunt { since: Some(0), until: Some(86_400_000_000), ..Hunt::default() },
                "time >= 1970-01-01 and time < 1970-01-02",
            ),
        ];
        for (hunt, expected) in cases {
            assert_eq!(hunt.expr().unwrap(), query(expected), "{expected}");
        }
    }

    #[test]
    fn an_exact_hunt_tells_cases_apart() {
        let hunt = Hunt { principal: is(&["johnD", "/^J/"]), exact: true, ..Hunt::default() };
        assert!(shown(&hunt).contains("case: Exact") && shown(&hunt).contains("ignore_case: false"));
    }

    #[test]
    fn bad_values_name_their_flag() {
        assert!(
            refused(Hunt { code: is(&["denied"]), ..Hunt::default() }).starts_with("--code: `denied` is no")
        );
        assert!(refused(Hunt { code: is(&["499-400"]), ..Hunt::default() }).contains("write 400-499"));
        assert!(refused(Hunt { stage: is(&["Done"]), ..Hunt::default() }).contains("ResponseComplete"));
        assert!(refused(Hunt { name: is(&["/(/"]), ..Hunt::default() }).starts_with("--name: not a regular"));
        let not = Wanted { is: Vec::new(), not: vec!["x".into()] };
        assert!(refused(Hunt { level: not, ..Hunt::default() }).starts_with("--not-level: "));
    }
}
