//! `kaudit rules convert`: rules of any dialect as Sigma rules.

use super::super::notice::Notice;
use super::print;
use crate::error::{Exit, Result};
use crate::rule::{self, Diagnostic, Lists, Role, Severity, convert};
use std::path::PathBuf;

pub fn run(paths: &[PathBuf], lists: &Lists, notice: Notice) -> Result<Exit> {
    let rule::Collection { rules, found } = rule::load_paths(paths, lists)?;
    let (mut documents, mut unsaid) = (Vec::new(), found);
    unsaid.retain(|found| found.severity > Severity::Note);
    let mut messages = 0;
    let before = unsaid.len();
    for loaded in &rules {
        match convert::sigma(loaded) {
            Ok(document) => {
                messages += usize::from(loaded.rule.meta.output.is_some());
                documents.push(document);
            }
            Err(why) => unsaid.push(Diagnostic {
                severity: Severity::Warning,
                at: loaded.at.clone(),
                text: match loaded.role {
                    Role::Detection => {
                        format!("`{}` cannot be said in Sigma: {}", loaded.rule.meta.id, why.text)
                    }
                    _ => format!("`{}` is not written: {}", loaded.rule.meta.id, why.text),
                },
                mend: why.mend,
            }),
        }
    }
    notice.block(&rule::render(&unsaid));
    if messages > 0 {
        notice
            .say(&format!("{messages} of the rules have a message (`output`), which Sigma has no place for"));
    }
    notice.say(&format!("{} of {} rules written as Sigma", documents.len(), rules.len()));
    print(&documents.join("---\n"))?;
    Ok(if unsaid.len() > before { Exit::Partial } else { Exit::Clean })
}
