//! What is said on standard error.

use crate::event::{Bad, Oddity};
use crate::output::{escape, figure};
use crate::rule::RuleSet;
use crate::scan::{Found, ReadAll};
use crate::tally::Reason;
use std::io::Write;

/// Says as much as was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Notice {
    quiet: bool,
    verbose: bool,
}

impl Notice {
    pub fn new(quiet: bool, verbose: bool) -> Notice {
        Notice { quiet, verbose }
    }

    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Text from files may hold anything, so it is made harmless here.
    pub fn say(self, text: &str) {
        if !self.quiet {
            write(&format!("kaudit: {}", escape::lines(text)));
        }
    }

    /// Said with `--verbose` only.
    pub fn detail(self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// Text that is laid out already, such as diagnostics of rules.
    pub fn block(self, text: &str) {
        if !self.quiet && !text.is_empty() {
            write(text.trim_end());
        }
    }

    /// What could not be read, and what was odd about what could.
    pub fn losses(self, read: &ReadAll) {
        for file in &read.files {
            if let Some(trouble) = &file.trouble {
                self.say(&format!("{}: {trouble}; what could be read of it is in the report", file.name));
            }
        }
        for bad in Bad::ALL {
            let reason = &read.tally.bad[bad as usize];
            if bad.is_loss() {
                self.reason(read, bad.name(), reason, "could not be read");
            } else {
                self.reason(read, bad.name(), reason, "passed over");
            }
        }
        for note in &read.notes {
            self.say(note);
        }
        figure::twice(read.tally.twice).into_iter().for_each(|text| self.say(&text));
        if self.verbose {
            for odd in Oddity::ALL {
                self.reason(read, odd.name(), &read.tally.odd[odd as usize], "read all the same");
            }
        }
    }

    /// Rules that could not tell whether they hold.
    pub fn unsure(self, found: &Found, rules: &RuleSet) {
        let some = found.unsure.iter().zip(rules.metas()).filter(|(reason, _)| !reason.is_empty());
        let parts: Vec<String> = some
            .map(|(reason, rule)| format!("{} ({})", rule.id, figure::count(reason.count, "event")))
            .collect();
        if !parts.is_empty() {
            let what = "what these rules ask for stands in a part that the input does not carry";
            self.say(&format!("cannot tell: {}: {what}", parts.join(", ")));
        }
    }

    /// Correlations that could not keep all that they saw, or saw too little.
    pub fn correlations(self, found: &Found, rules: &RuleSet) {
        self.dropped(found, rules);
        self.usual(found, rules);
    }

    /// Correlations that could not keep all that they saw.
    pub fn dropped(self, found: &Found, rules: &RuleSet) {
        for (rule, dropped) in &found.correlated.dropped {
            let id = &rules.meta(*rule).id;
            if dropped.frames > 0 {
                let windows = figure::count(dropped.frames, "window");
                self.say(&format!(
                    "{id}: more happened than is kept in {windows} of time: counts there are at least so many"
                ));
            }
            if dropped.groups {
                self.say(&format!("{id}: too many groups: some were not looked at"));
            }
        }
    }

    /// Correlations that do not know what is usual.
    fn usual(self, found: &Found, rules: &RuleSet) {
        for rule in &found.correlated.unlearned {
            let id = &rules.meta(*rule).id;
            self.say(&format!(
                "{id}: the baseline was built without it, or before it was changed, and knows nothing of what it \
                 counts: kaudit baseline build with the same rules"
            ));
        }
        for rule in &found.correlated.too_short {
            let id = &rules.meta(*rule).id;
            self.say(&format!("{id}: cannot tell what is usual: that takes at least three weeks of events, here and in baselines"));
        }
    }

    /// Events of which a hunt cannot tell whether they are meant.
    pub fn may_match(self, read: &ReadAll) {
        let what = "may match: what decides stands in a part that the input does not carry";
        self.reason(read, "cannot tell", &read.tally.unsure, what);
    }

    fn reason(self, read: &ReadAll, name: &str, reason: &Reason, what: &str) {
        if reason.is_empty() {
            return;
        }
        let records = if reason.count == 1 { "record" } else { "records" };
        let place =
            |at: &crate::finding::Evidence| format!("{}:{}", read.files[at.file as usize].name, at.line);
        let places: Vec<String> = reason.samples().iter().map(place).collect();
        let more = if reason.count > places.len() as u64 { " ..." } else { "" };
        self.say(&format!("{} {records} {what} ({name}): {}{more}", reason.count, places.join(", ")));
    }
}

fn write(text: &str) {
    // When standard error is gone, nobody is left to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}
