//! `kaudit token`: from who had a token made to each who used it. Answers like grep: 0 found, 1 none.

use super::notice::Notice;
use super::progress::Progress;
use super::{announce, engine_run, heed_ctrl_c, window};
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::event::{Decoder, Event};
use crate::finding::Hit;
use crate::input::Place;
use crate::output::Read;
use crate::output::token::Traced;
use crate::plan::{self, Common, TokenPlan, hunt_for, hunt_rule};
use crate::scan::{self, ReadAll, TakeHit, Window};
use crate::tally::TimeSpan;
use crate::token::{NODE, Tracer, about, from_addresses, ids_in, quoted};
use std::collections::{BTreeMap, BTreeSet};

pub fn run(global: &Global, args: cli::Token, notice: Notice) -> Result<Exit> {
    let TokenPlan { common, id, pen } = plan::token(global, args)?;
    heed_ctrl_c([&common.target])?;
    announce(&common, notice);
    let search = Search { window: window(&common, notice)?, common: &common, notice };
    let id = search.id(id)?;
    let mut tracer = Tracer::new(&id);
    let (read, span) = search.each(about(&id), |hit, event| tracer.add(hit, event))?;
    let nodes = search.nodes(&tracer.addresses())?;
    let trail = tracer.finish(&nodes);
    let found = !(trail.minted.is_empty() && trail.uses.is_empty());
    let traced = Traced {
        trail: &trail,
        read: Read { files: &read.files, tally: &read.tally, span, all_parsed: false },
        look: common.look,
    };
    notice.losses(&read);
    if !found {
        notice.say(&format!("no request was made with `{}`, nor issued it", trail.id));
        return Ok(Exit::Findings);
    }
    let mut target = common.target;
    pen(&traced, &mut target).map_err(|error| Error::output(target.path(), error))?;
    target.finish()?;
    Ok(Exit::Clean)
}

/// Reads the input once for each question.
struct Search<'s> {
    window: Window,
    common: &'s Common,
    notice: Notice,
}

impl Search<'_> {
    /// Gives every record that meets the condition.
    fn each(
        &self,
        condition: String,
        see: impl FnMut(Hit, &Event<'_>) + Send,
    ) -> Result<(ReadAll, TimeSpan)> {
        let (rules, prefilter) = hunt_rule(&hunt_for(condition, self.window))?;
        let sources = &self.common.gathered.sources;
        let progress = Progress::start(sources, self.notice);
        let run = engine_run(sources, self.common.engine, &progress);
        let each = Each { decoder: Decoder::default(), see };
        let hunted = scan::hunt(run, &rules, prefilter.as_ref(), self.common.redactor, true, each)?;
        Ok((hunted.read, hunted.span))
    }

    /// The id of the token that is meant: it may be given without its prefix, or as the request that issued it.
    fn id(&self, given: String) -> Result<String> {
        if given.contains('=') {
            return Ok(given);
        }
        self.not_from_pipe("an auditID is looked up first")?;
        let whole = format!("JTI={given}");
        let (mut issued, mut known) = (None, false);
        self.each(format!("auditID = {} or {}", quoted(&given), about(&whole)), |_, event| {
            let (own, used) = ids_in(event);
            known |= own.as_ref() == Some(&whole) || used.as_ref() == Some(&whole);
            issued = issued.take().or(own);
        })?;
        Ok(if known { whole } else { issued.unwrap_or(given) })
    }

    /// For each address, the nodes to which tokens are bound that are used from there.
    fn nodes(&self, addresses: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if addresses.is_empty() {
            return Ok(nodes);
        }
        if self.not_from_pipe("").is_err() {
            self.notice.say("standard input can be read once: uses away from their node are not marked");
            return Ok(nodes);
        }
        let node = crate::event::Field::parse(NODE).ok();
        let condition = from_addresses(addresses.iter().map(String::as_str));
        self.each(condition, |hit, event| {
            let bound = node.as_ref().and_then(|node| node.first(event)).map(|node| node.into_owned());
            if let (Some(address), Some(bound)) = (hit.seen.source_ip, bound) {
                nodes.entry(address.into()).or_default().insert(bound);
            }
        })?;
        Ok(nodes)
    }

    fn not_from_pipe(&self, why: &str) -> Result<()> {
        let has_pipe = self.common.gathered.sources.iter().any(|source| source.place == Place::Stdin);
        match has_pipe {
            true => Err(Error::usage(format!(
                "standard input can be read once, and {why}: name the files, or give the token's id (JTI=...)"
            ))),
            false => Ok(()),
        }
    }
}

/// Gives each hit and its event on.
struct Each<F> {
    decoder: Decoder,
    see: F,
}

impl<F: FnMut(Hit, &Event<'_>) + Send> TakeHit for Each<F> {
    fn hit(&mut self, mut hit: Hit, _: &str) -> Result<()> {
        let record = std::mem::take(&mut hit.record);
        let cluster = hit.seen.cluster.clone();
        // The record was rewritten from an event, so that it is one.
        if let Ok((event, _)) = self.decoder.decode(&record, cluster.as_deref()) {
            (self.see)(hit, &event);
        }
        Ok(())
    }
}
