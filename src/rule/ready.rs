//! A test made ready to run.

use super::text::{TextSet, fold};
use super::{Case, Compare, Number, Place, RegexTest, Test, TimePart, check, plain};
use crate::event::{Event, Field, Value};
use crate::time;
use chrono::{Datelike, Timelike};
use ipnet::{IpNet, Ipv4Net};
use regex_automata::meta::Regex;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// A regex that is built when it is first asked: most rules of a large set never get so far, and building
/// all of them takes longer than reading a small log.
#[derive(Debug)]
pub struct Lazy {
    test: RegexTest,
    /// For texts that are short, and for others: half of the time of building goes into what finds likely places fast.
    short: OnceLock<Option<Regex>>,
    long: OnceLock<Option<Regex>>,
}

/// Texts of more bytes than this are long.
const SHORT: usize = 1024;

impl Lazy {
    fn new(test: &RegexTest) -> Lazy {
        Lazy { test: test.clone(), short: OnceLock::new(), long: OnceLock::new() }
    }

    fn is_match(&self, text: &str) -> bool {
        let is_long = text.len() > SHORT;
        let regex = if is_long { &self.long } else { &self.short };
        // Rules whose regexes cannot be built are refused when they are loaded.
        regex
            .get_or_init(|| check::compile_known(&self.test, is_long))
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}

/// Gives values to what looks at them.
type Any<'n, 'a> = &'n mut dyn FnMut(&mut dyn FnMut(Value<'a>) -> bool) -> bool;

/// The compiled form of a [`Test`].
#[derive(Debug)]
pub enum Check {
    Exists,
    Text(TextSet),
    Each(TextSet),
    Number(Compare, Number),
    Network(Vec<IpNet>),
    /// Tests of several fields may share one.
    Regex(Arc<Lazy>),
    SameAs(Place, Field, Case),
    TimePart(TimePart, Compare, i64),
    Time(Compare, i64),
}

impl Check {
    pub fn new(test: &Test) -> Check {
        match test {
            Test::Exists => Check::Exists,
            Test::Text(test) => Check::Text(TextSet::new(test)),
            Test::Each(test) => Check::Each(TextSet::new(test)),
            Test::Number(compare, number) => Check::Number(*compare, *number),
            Test::Network(networks) => Check::Network(networks.iter().map(unmapped).collect()),
            Test::Regex(test) => match plain::texts(test) {
                Some(texts) => Check::Text(TextSet::new(&texts)),
                None => Check::Regex(Arc::new(Lazy::new(test))),
            },
            Test::SameAs(place, field, case) => Check::SameAs(*place, field.clone(), *case),
            Test::TimePart(part, compare, number) => Check::TimePart(*part, *compare, *number),
            Test::Time(compare, at) => Check::Time(*compare, *at),
        }
    }

    /// How much it costs beside getting the value; only the order matters.
    pub fn cost(&self) -> u32 {
        match self {
            Check::Exists => 0,
            Check::Text(_) | Check::Each(_) | Check::Number(..) => 1,
            Check::Network(_) | Check::TimePart(..) | Check::Time(..) => 2,
            Check::SameAs(..) => 3,
            Check::Regex(_) => 4,
        }
    }

    pub fn holds(&self, event: &Event<'_>, field: &Field) -> bool {
        self.holds_in(event, &mut |see| field.any(event, see))
    }

    /// The same for values that `any` gives, until it is answered `true`; it answers whether it was.
    pub fn holds_in<'a>(&self, event: &Event<'a>, any: Any<'_, 'a>) -> bool {
        match self {
            Check::Each(set) => each_is_in(set, any),
            _ => any(&mut |value| self.holds_for(event, &value)),
        }
    }

    fn holds_for(&self, event: &Event<'_>, value: &Value<'_>) -> bool {
        let text = || value.to_text();
        match self {
            Check::Exists => !matches!(value, Value::Null),
            Check::Text(set) | Check::Each(set) => text().is_some_and(|text| set.matches(&text)),
            Check::Number(compare, number) => value
                .to_number()
                .and_then(|value| value.partial_cmp(&number.get()))
                .is_some_and(|order| compare.accepts(order)),
            Check::Network(networks) => text().is_some_and(|text| in_networks(&text, networks)),
            Check::Regex(regex) => text().is_some_and(|text| regex.is_match(&text)),
            Check::SameAs(place, field, case) => {
                text().is_some_and(|text| same(event, &text, *place, field, *case))
            }
            Check::TimePart(part, compare, number) => {
                let time = text().and_then(|text| time::parse(text.as_bytes()));
                time.is_some_and(|time| compare.accepts(part.of(time).cmp(number)))
            }
            Check::Time(compare, at) => text()
                .and_then(|text| time::parse(text.as_bytes()))
                .is_some_and(|time| compare.accepts(time.cmp(at))),
        }
    }
}

/// Whether there are texts, and all are in the set. Null says nothing.
fn each_is_in<'a>(set: &TextSet, any: Any<'_, 'a>) -> bool {
    let mut some = false;
    let other = any(&mut |value: Value<'a>| match value.to_text() {
        Some(text) => {
            some = true;
            !set.matches(&text)
        }
        None => !matches!(value, Value::Null),
    });
    some && !other
}

/// A network of IPv4 addresses written as IPv6 ones is that of the plain addresses, as which all are compared.
fn unmapped(network: &IpNet) -> IpNet {
    let IpNet::V6(wide) = network else { return *network };
    let plain = wide.addr().to_ipv4_mapped().zip(wide.prefix_len().checked_sub(96));
    plain.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok()).map_or(*network, IpNet::V4)
}

fn in_networks(text: &str, networks: &[IpNet]) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

fn same(event: &Event<'_>, text: &str, place: Place, other: &Field, case: Case) -> bool {
    let text = fold(text, case);
    other.any(event, &mut |value| {
        let Some(other) = value.to_text() else { return false };
        let other = fold(&other, case);
        match place {
            Place::Whole => text == other,
            Place::Start => text.starts_with(&*other),
            Place::End => text.ends_with(&*other),
            Place::Anywhere => text.contains(&*other),
        }
    })
}

impl Compare {
    fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Compare::Equal => order.is_eq(),
            Compare::Less => order.is_lt(),
            Compare::LessOrEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl TimePart {
    fn of(self, micros: i64) -> i64 {
        let time = time::utc(micros);
        match self {
            TimePart::Minute => i64::from(time.minute()),
            TimePart::Hour => i64::from(time.hour()),
            TimePart::Day => i64::from(time.day()),
            TimePart::Week => i64::from(time.iso_week().week()),
            TimePart::Month => i64::from(time.month()),
            TimePart::Year => i64::from(time.year()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regex_matches_in_long_texts_as_in_short_ones() {
        let pattern = r"\bneedle\d+( é)?$".to_owned();
        let lazy = Lazy::new(&RegexTest { pattern, ignore_case: true, multi_line: false, dot_all: false });
        for before in ["".to_owned(), "x ".repeat(20), "x ".repeat(SHORT)] {
            for (text, holds) in
                [("Needle42", true), ("NEEDLE1 É", true), ("needle", false), ("needle1 e", false)]
            {
                assert_eq!(lazy.is_match(&format!("{before}{text}")), holds, "{} {text}", before.len());
            }
        }
    }
}
