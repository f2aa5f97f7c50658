//! `kaudit rules convert`: rules of any dialect as Sigma rules.

use super::super::notice::Notice;
use super::print;
use crate::error::{Exit, Result};
use crate::rule::{self, Diagnostic, Lists, Loaded, Severity, convert};
use std::path::PathBuf;

pub fn run(paths: &[PathBuf], lists: &Lists, notice: Notice) -> Result<Exit> {
    let rule::Collection { rules, found } = rule::load_paths(paths, lists)?;
    let (mut documents, mut lost, mut unsaid) = (Vec::new(), Vec::new(), found);
    unsaid.retain(|found| found.severity > Severity::Note);
    let mut messages = 0;
    let before = unsaid.len();
    for loaded in &rules {
        match convert::sigma(loaded) {
            Ok(document) => {
                messages += usize::from(loaded.rule.meta.output.is_some());
                documents.push(document);
            }
            Err(why) => {
                let text = format!("`{}` cannot be said in Sigma: {}", loaded.rule.meta.id, why.text);
                unsaid.push(warning(loaded, text, why.mend));
                lost.push(loaded);
            }
        }
    }
    unsaid.extend(rules.iter().filter_map(|loaded| dangling(loaded, &lost)));
    notice.block(&rule::render(&unsaid));
    if messages > 0 {
        notice
            .say(&format!("{messages} of the rules have a message (`output`), which Sigma has no place for"));
    }
    notice.say(&format!("{} of {} rules written as Sigma", documents.len(), rules.len()));
    print(&documents.join("---\n"))?;
    Ok(if unsaid.len() > before { Exit::Partial } else { Exit::Clean })
}

fn warning(loaded: &Loaded, text: String, mend: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, at: loaded.at.clone(), text, mend }
}

/// A correlation or filter that names a rule which is not written.
fn dangling(loaded: &Loaded, lost: &[&Loaded]) -> Option<Diagnostic> {
    let is_lost = |name: &str| lost.iter().any(|other| other.is_called(name));
    let name = loaded.references().iter().map(|reference| &reference.name).find(|name| is_lost(name))?;
    let text = format!("`{}` names `{name}`, which is not written", loaded.rule.meta.id);
    Some(warning(loaded, text, "put a rule of that name beside it".to_owned()))
}
