//! What is written reads back to the same.

use super::write::{quoted, scalar};
use super::*;
use crate::rule::{Collection, golden, lint, load};

/// Every example file of every dialect: what is written reads back to the same.
#[test]
fn all_examples_read_back_to_the_same() {
    let (mut said, mut named, mut unsaid) = (0, 0, Vec::new());
    let files = ["alcide", "falco", "sigma"].into_iter().flat_map(golden::files);
    for path in files {
        let Collection { rules, .. } = golden::read(&path);
        for loaded in &rules {
            match sigma(loaded) {
                Ok(text) => {
                    let back = load::read_texts(
                        &[("back.yml".to_owned(), text.clone().into_bytes())],
                        crate::rule::Lists::builtin(),
                    );
                    assert_eq!(back.rules.len(), 1, "{text}\n{:?}", back.found);
                    let (one, other) = (&back.rules[0].rule, &loaded.rule);
                    assert_eq!(ordered(&one.when), ordered(&other.when), "{text}");
                    assert_eq!((&one.meta.title, one.meta.level), (&other.meta.title, other.meta.level));
                    assert_eq!(one.meta.tags, other.meta.tags);
                    lint(&back.rules);
                    said += 1;
                    named += usize::from(!loaded.references().is_empty());
                }
                Err(why) => unsaid.push(format!("{}: {}", loaded.rule.meta.id, why.text)),
            }
        }
    }
    let reasons = ["can never match", "every event", "all values", "empty text", "points in time"];
    let other: Vec<_> =
        unsaid.iter().filter(|why| !reasons.iter().any(|reason| why.contains(reason))).collect();
    assert!(other.is_empty(), "{other:#?}");
    assert!(said > 100, "only {said} of {} are said", said + unsaid.len());
    assert!(named > 5, "only {named} correlations and filters are said");
}

#[test]
fn built_in_rules_are_sigma_already_and_stay_what_they_are() {
    let rules = crate::rule::builtin::load().unwrap();
    // What waits for a list has no condition before there is one.
    let whole = rules.iter().filter(|loaded| loaded.rule.when.constant().is_none());
    for loaded in whole.filter(|loaded| matches!(loaded.role, Role::Detection)) {
        assert!(sigma(loaded).is_ok(), "{}", loaded.rule.meta.id);
    }
}

#[test]
fn yaml_takes_no_text_for_anything_else() {
    for text in [
        "true",
        "No",
        "~",
        "",
        " a",
        "a ",
        "1",
        "0x1",
        "a: b",
        "# x",
        "it's",
        "a\nb\t\"\\",
        "\u{feff}",
        "- a",
        "\u{7f}é",
    ] {
        let document = format!("a: {}\nb: {}\n", scalar(text), quoted(text));
        let (documents, faults) = crate::rule::yaml::read(&document);
        assert!(faults.is_empty(), "{document}");
        let crate::rule::yaml::Content::Map(pairs) = &documents[0].content else { panic!("{document}") };
        for (_, node) in pairs {
            assert_eq!(node.scalar().unwrap().text, text, "{document}");
            assert!(!node.is_null() || text == "~", "{document}");
        }
    }
}
