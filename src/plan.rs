//! From what was typed to what will be done: everything is checked and opened here, before the first byte is
//! read, so that mistakes show at once and not after an hour.

use crate::anomaly::Tuning;
use crate::anomaly::baseline::Baseline;
use crate::cli::{self, FailOn, Global, Only, Schema, Selections, When};
use crate::config::Config;
use crate::envelope;
use crate::error::{Error, Result};
use crate::finding::Filter;
use crate::input::{self, Gathered, Inputs, Source};
use crate::inventory::Manifest;
use crate::output::coverage::CoveragePen;
use crate::output::inventory::{InventoryPen, VerifyPen};
use crate::output::pack::PackPen;
use crate::output::token::TokenPen;
use crate::output::{FindingPen, Format, HitPen, Look, Target};
use crate::pack::{CHECKS, Pack};
use crate::policy::{self, AuditPolicy};
use crate::redact::Redactor;
use crate::rule::{
    self, Case, Collection, Diagnostic, Expr, Hunt, Kind, Level, Linked, Lists, Loaded, Meta, Prefilter,
    Role, Rule, RuleSet, Severity, Stages, Wanted,
};
use crate::scan;
use crate::suppress::Entry;
use crate::time::{self, Zone};
use regex::Regex;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// What both scan and hunt need.
pub struct Common {
    pub gathered: Gathered,
    pub engine: Engine,
    pub since: Option<time::When>,
    pub until: Option<time::When>,
    pub format: Format,
    pub look: Look,
    pub target: Target,
    pub redactor: Redactor,
}

/// How the input is read.
#[derive(Clone, Copy)]
pub struct Engine {
    pub threads: usize,
    /// What all records are, if the user says so.
    pub records: Option<&'static envelope::Format>,
}

/// What is looked for, and where.
pub struct DetectPlan {
    pub common: Common,
    pub rules: RuleSet,
    /// The same, with their conditions as they were written: where a finding is to be explained, else none.
    pub written: Vec<Rule>,
    /// How to judge profiles; `None` for no anomalies.
    pub anomalies: Option<Tuning>,
    pub baseline: Option<Baseline>,
    /// Findings that are accepted.
    pub accepted: Vec<Entry>,
    /// Doubts about foreign rules, ready to print.
    pub warnings: String,
    /// What the user named.
    pub inputs: Vec<String>,
}

pub struct ScanPlan {
    pub detect: DetectPlan,
    /// Whether to list accepted findings.
    pub explain: bool,
    /// Whether to list what incidents join.
    pub expand: bool,
    pub filter: Filter,
    pub pen: Box<dyn FindingPen>,
    pub fail_on: Option<Level>,
    pub allow_partial: bool,
}

pub struct IncidentPlan {
    pub detect: DetectPlan,
    /// First digits; `None` to list all.
    pub id: Option<String>,
    pub filter: Filter,
}

pub struct ExplainPlan {
    pub detect: DetectPlan,
    /// First digits.
    pub id: String,
}

pub struct HuntPlan {
    pub common: Common,
    pub hunt: Hunt,
    pub pen: Box<dyn HitPen>,
}

pub struct TokenPlan {
    pub common: Common,
    pub id: String,
    pub pen: TokenPen,
}

pub struct CheckPlan {
    pub common: Common,
    pub pen: Box<dyn InventoryPen>,
    /// Where the manifest goes, if one is wanted.
    pub manifest: Option<Target>,
    pub allow_partial: bool,
}

pub struct CoveragePlan {
    pub common: Common,
    /// Whether a log is to be read.
    pub has_log: bool,
    pub rules: Vec<Rule>,
    /// The policy, and what is doubtful about how it is written.
    pub policy: Option<(AuditPolicy, Vec<Diagnostic>)>,
    pub pen: CoveragePen,
    pub fail_on: Option<Level>,
    pub allow_partial: bool,
}

pub struct ReportPlan {
    pub common: Common,
    pub pack: Pack,
    /// The conditions of all checks, in their order.
    pub queries: RuleSet,
    pub policy: Option<AuditPolicy>,
    pub pen: PackPen,
    pub fail_on: Option<FailOn>,
    pub allow_partial: bool,
}

pub struct VerifyPlan {
    pub manifest: Manifest,
    pub sources: Vec<Source>,
    pub threads: usize,
    pub pen: VerifyPen,
    pub look: Look,
    pub target: Target,
}

/// `--force` without anything to replace is a mistake.
fn needs_out(output: &cli::Output) -> Result<()> {
    match output.force && output.out.is_none() {
        true => Err(Error::usage("--force lets --out replace a file: name that file with --out FILE")),
        false => Ok(()),
    }
}

pub fn scan(global: &Global, scan: cli::Scan) -> Result<ScanPlan> {
    needs_out(&scan.output)?;
    let config = Config::load(global.config.as_deref())?;
    if scan.explain_suppressed && scan.output.output == Format::Csv {
        return Err(Error::usage(
            "--explain-suppressed cannot be written as csv: use table, summary, json or ndjson",
        ));
    }
    Ok(ScanPlan {
        explain: scan.explain_suppressed,
        expand: scan.expand,
        filter: filter(&scan.filters)?,
        pen: finding_pen(scan.schema, scan.output.output)?,
        detect: detect(global, scan.detect, scan.output, &config, false)?,
        fail_on: scan.fail_on,
        allow_partial: scan.allow_partial,
    })
}

fn detect(
    global: &Global,
    detect: cli::Detect,
    output: cli::Output,
    config: &Config,
    explains: bool,
) -> Result<DetectPlan> {
    let (with_rules, with_anomalies) = detectors(&detect);
    let mut linked = if with_rules { rules(&detect.rules, config)? } else { Linked::default() };
    linked.warnings.retain(|warning| warning.severity > Severity::Note);
    let (accepted, strangers) = accepted(config, &linked.rules);
    let warnings = [rule::render(&linked.warnings), strangers];
    let warnings = warnings.join("\n").trim_start().to_owned();
    let inputs = detect.input.inputs.clone();
    let told = if explains { &*linked.rules } else { &[] };
    Ok(DetectPlan {
        written: told.iter().map(|loaded| loaded.rule.clone()).collect(),
        rules: RuleSet::of(linked, Stages::OnceARequest),
        anomalies: with_anomalies.then(Tuning::default),
        baseline: baselines(&detect.baseline)?,
        warnings,
        accepted,
        common: common(global, (detect.input, detect.times), detect.cluster, output, config)?,
        inputs,
    })
}

/// The shortest beginning of an id, and the longest.
const ID: std::ops::RangeInclusive<usize> = 4..=16;

fn is_id(text: &str) -> bool {
    ID.contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub fn incident(global: &Global, args: cli::Incident) -> Result<IncidentPlan> {
    needs_out(&args.output)?;
    let config = Config::load(global.config.as_deref())?;
    let cli::Incident { id, mut detect, filters, output } = args;
    let id = match id {
        // What is no id is the first input.
        Some(other) if !is_id(&other) => {
            detect.input.inputs.insert(0, other);
            None
        }
        id => id,
    };
    let filter = filter(&filters)?;
    if id.is_some() && !filter.is_empty() {
        return Err(Error::usage("filters are for the list of incidents: leave them out, or the ID"));
    }
    Ok(IncidentPlan { detect: self::detect(global, detect, output, &config, false)?, id, filter })
}

pub fn explain(global: &Global, args: cli::Explain) -> Result<ExplainPlan> {
    let config = Config::load(global.config.as_deref())?;
    let cli::Explain { id, detect, output } = args;
    if !is_id(&id) {
        let text = "is no id of a finding: give at least its first 4 digits (0-9, a-f), as reports show them";
        return Err(Error::usage(format!("`{id}` {text}")));
    }
    let cli::PageOutput { out, force, tz, width, no_redact } = output;
    let output = cli::Output { output: Format::Table, out, force, tz, width, no_redact };
    needs_out(&output)?;
    Ok(ExplainPlan { detect: self::detect(global, detect, output, &config, true)?, id })
}

fn filter(filters: &cli::Filters) -> Result<Filter> {
    let regexes = |flag: &str, patterns: &[String]| -> Result<Vec<Regex>> {
        let one =
            |pattern: &String| Regex::new(pattern).map_err(|error| Error::usage(format!("{flag}: {error}")));
        patterns.iter().map(one).collect()
    };
    Ok(Filter {
        etypes: filters.etype.clone(),
        entities: regexes("--entity", &filters.entity)?,
        not_entities: regexes("--not-entity", &filters.not_entity)?,
        categories: filters.category.clone(),
        min_confidence: filters.min_confidence,
        rules: regexes("--rule", &filters.rule)?,
    })
}

fn finding_pen(schema: Schema, format: Format) -> Result<Box<dyn FindingPen>> {
    match schema {
        Schema::Native => Ok(format.finding_pen()),
        Schema::Alcide => format
            .alcide_pen()
            .ok_or_else(|| Error::usage("--schema alcide names keys, which only -o json and -o ndjson have")),
    }
}

pub struct BuildPlan {
    pub common: Common,
    /// The correlations that ask what is usual, and what they look at.
    pub counting: RuleSet,
    /// Doubts about foreign rules, ready to print.
    pub warnings: String,
}

/// What `kaudit baseline build` does.
pub fn build(
    global: &Global,
    (input, named): (cli::Input, cli::RuleArgs),
    cluster: Option<String>,
    to: cli::To,
) -> Result<BuildPlan> {
    let config = Config::load(global.config.as_deref())?;
    let mut linked = rules(&named, &config)?.counting(|is| is.kind == Kind::MoreThanUsual);
    linked.warnings.retain(|warning| warning.severity > Severity::Note);
    let output = cli::Output {
        output: Format::Table,
        out: Some(to.out),
        force: to.force,
        tz: "utc".to_owned(),
        width: None,
        no_redact: false,
    };
    Ok(BuildPlan {
        warnings: rule::render(&linked.warnings),
        counting: RuleSet::of(linked, Stages::OnceARequest),
        common: common(global, (input, cli::Times::default()), cluster, output, &config)?,
    })
}

/// One of several baselines; `None` when there is none.
pub fn baselines(paths: &[PathBuf]) -> Result<Option<Baseline>> {
    let mut all: Option<Baseline> = None;
    for path in paths {
        let next = Baseline::read(path)?;
        all = Some(match all {
            None => next,
            Some(known) => {
                known.merge(next).map_err(|why| Error::usage(format!("{}: {why}", path.display())))?
            }
        });
    }
    Ok(all)
}

/// Whether rules and anomalies are wanted.
fn detectors(detect: &cli::Detect) -> (bool, bool) {
    match detect.only {
        Some(Only::Rules) => (true, false),
        Some(Only::Anomaly) => (false, true),
        None => (true, !detect.no_anomaly),
    }
}

/// The entries with the ids of their rules, and what is to be said of those whose rule is not there.
fn accepted(config: &Config, loaded: &[Loaded]) -> (Vec<Entry>, String) {
    let mut strangers = String::new();
    let named = |entry: &Entry| {
        let mut entry = entry.clone();
        let Some(name) = &entry.rule else { return entry };
        let of_rule = loaded.iter().find(|rule| rule.is_called(name)).map(|found| found.rule.meta.id.clone());
        let detectors = || scan::detectors().into_iter().map(|meta| meta.id);
        match of_rule.or_else(|| detectors().find(|id| id.eq_ignore_ascii_case(name))) {
            Some(id) => entry.rule = Some(id),
            None => strangers.push_str(&format!(
                "warning: {}:{}: no rule is called `{name}`, so that this entry suppresses nothing\n",
                entry.file, entry.line
            )),
        }
        entry
    };
    let entries = config.suppressed.iter().map(named).collect();
    (entries, strangers)
}

pub fn hunt(global: &Global, hunt: cli::Hunt) -> Result<HuntPlan> {
    needs_out(&hunt.output)?;
    let config = Config::load(global.config.as_deref())?;
    let cli::Hunt { input, times, cluster_name, selections, where_, exact, output } = hunt;
    let hunt = wanted(selections, where_, exact);
    // A mistake in the selection shows before the input is looked for.
    hunt.expr()?;
    let common = common(global, (input, times), cluster_name, output, &config)?;
    Ok(HuntPlan { pen: common.format.hit_pen(common.look), common, hunt })
}

pub fn token(global: &Global, args: cli::Token) -> Result<TokenPlan> {
    needs_out(&args.output)?;
    let config = Config::load(global.config.as_deref())?;
    let format = args.output.output;
    let pen = format.token_pen().ok_or_else(|| {
        let name = format.name();
        Error::usage(format!("token cannot write {name}: use -o table, json or ndjson"))
    })?;
    let common = common(global, (args.input, args.times), args.cluster, args.output, &config)?;
    Ok(TokenPlan { common, id: args.id, pen })
}

/// A hunt for one condition.
pub fn hunt_for(condition: String, window: scan::Window) -> Hunt {
    Hunt { since: window.since, until: window.until, ..wanted(Selections::default(), vec![condition], true) }
}

pub fn check(global: &Global, check: cli::Check) -> Result<CheckPlan> {
    let config = Config::load(global.config.as_deref())?;
    let pen = check.output.output.inventory_pen().ok_or_else(|| no_pen(check.output.output))?;
    let force = check.output.force;
    let manifest = check.manifest.map(|path| Target::file(&path, force)).transpose()?;
    let times = cli::Times::default();
    let common = common(global, (check.input, times), check.cluster, check.output, &config)?;
    Ok(CheckPlan { common, pen, manifest, allow_partial: check.allow_partial })
}

pub fn coverage(global: &Global, args: cli::Coverage) -> Result<CoveragePlan> {
    needs_out(&args.output)?;
    let config = Config::load(global.config.as_deref())?;
    let format = args.output.output;
    let pen = format.coverage_pen().ok_or_else(|| {
        Error::usage(format!(
            "coverage cannot write {}: use -o table, json, ndjson or summary",
            format.name()
        ))
    })?;
    let linked = rules(&args.rules, &config)?;
    let detections = linked.rules.into_iter().filter(|loaded| matches!(loaded.role, Role::Detection));
    // A rule whose list is empty asks for nothing that a log could show.
    let waits = |loaded: &Loaded| !loaded.lists.is_empty() && loaded.rule.when.constant() == Some(false);
    let rules = detections.filter(|loaded| !waits(loaded)).map(|loaded| loaded.rule).collect();
    let policy = args.policy.as_deref().map(audit_policy).transpose()?;
    let has_log = policy.is_none() || !args.input.inputs.is_empty();
    let common = match has_log {
        true => common(global, (args.input, cli::Times::default()), args.cluster, args.output, &config)?,
        false => without_input(global, &args.input, &args.output)?,
    };
    let (fail_on, allow_partial) = (args.fail_on, args.allow_partial);
    Ok(CoveragePlan { common, has_log, rules, policy, pen, fail_on, allow_partial })
}

pub fn report(global: &Global, args: cli::Report) -> Result<ReportPlan> {
    let config = Config::load(global.config.as_deref())?;
    let cli::PackOutput { output, out, force, tz, width } = args.output;
    let as_table = cli::Output { output: Format::Table, out, force, tz, width, no_redact: false };
    needs_out(&as_table)?;
    let policy = args.policy.as_deref().map(audit_policy).transpose()?.map(|(policy, _)| policy);
    Ok(ReportPlan {
        common: common(global, (args.input, cli::Times::default()), args.cluster, as_table, &config)?,
        pack: args.pack,
        queries: queries()?,
        policy,
        pen: output.pen(),
        fail_on: args.fail_on,
        allow_partial: args.allow_partial,
    })
}

/// The conditions of all checks, each met by the records that end a request.
fn queries() -> Result<RuleSet> {
    let ends = rule::query::parse("stage in (ResponseComplete, Panic, '') or code = 401", Case::Exact)?;
    let texts = CHECKS.iter().flat_map(|check| check.ask.queries());
    let rule = |text| -> Result<Rule> {
        let when = Expr::all(vec![ends.clone(), rule::query::parse(text, Case::Exact)?]);
        Ok(Rule { meta: hunt_meta(), when })
    };
    let rules = texts.map(rule).collect::<Result<Vec<Rule>>>()?;
    Ok(RuleSet::compile(rules, Stages::EveryRecord))
}

/// An audit policy; one with mistakes is refused with all of them.
fn audit_policy(path: &Path) -> Result<(AuditPolicy, Vec<Diagnostic>)> {
    let bytes = std::fs::read(path).map_err(|error| Error::input(path, error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::usage(format!("{} is no audit policy: it is not UTF-8 text", path.display())))?;
    let (policy, found) = policy::read(&text, &path.to_string_lossy());
    match policy {
        Some(policy) => Ok((policy, found)),
        None => Err(Error::Rule(rule::render(&found))),
    }
}

/// What a question needs that reads no log.
fn without_input(global: &Global, input: &cli::Input, output: &cli::Output) -> Result<Common> {
    Ok(Common {
        gathered: Gathered::default(),
        engine: Engine { threads: threads(input.threads)?, records: None },
        since: None,
        until: None,
        format: output.output,
        look: look(global.color, output, zone(output)?),
        target: target(output)?,
        redactor: Redactor::new(!output.no_redact),
    })
}

/// `manifest` is the one that files are compared with.
pub fn verify(global: &Global, check: cli::Check, manifest: &Path) -> Result<VerifyPlan> {
    let pen = check.output.output.verify_pen().ok_or_else(|| no_pen(check.output.output))?;
    let text = std::fs::read_to_string(manifest).map_err(|error| Error::input(manifest, error))?;
    let parsed = Manifest::parse(&text)
        .map_err(|error| Error::usage(format!("{} is no manifest: {error}", manifest.display())))?;
    let sources = if check.input.inputs.is_empty() {
        let printed = parsed.files.iter().filter(|file| file.sha256.is_some());
        input::named(printed.map(|file| file.path.as_str()))?
    } else {
        input::gather(&Inputs { args: check.input.inputs, ..Inputs::default() })?.sources
    };
    Ok(VerifyPlan {
        manifest: parsed,
        sources,
        threads: threads(check.input.threads)?,
        pen,
        look: look(global.color, &check.output, zone(&check.output)?),
        target: target(&check.output)?,
    })
}

fn no_pen(format: Format) -> Error {
    Error::usage(format!("check cannot write {}: use -o table, json or ndjson", format.name()))
}

/// The one rule that a hunt is, once its times are known, and what to search for before parsing.
pub fn hunt_rule(hunt: &Hunt) -> Result<(RuleSet, Option<Prefilter>)> {
    let when = hunt.expr()?;
    let prefilter = Prefilter::of(&when);
    Ok((RuleSet::compile(vec![Rule { meta: hunt_meta(), when }], Stages::EveryRecord), prefilter))
}

fn hunt_meta() -> Meta {
    let meta = Meta::of_detector("hunt", "Hunt", Level::Informational, "");
    Meta { source: "command line".to_owned(), ..meta }
}

fn wanted(from: Selections, where_: Vec<String>, exact: bool) -> Hunt {
    let pair = |is, not| Wanted { is, not };
    Hunt {
        principal: pair(from.principal, from.not_principal),
        user_agent: pair(from.user_agent, from.not_user_agent),
        ip: pair(from.ip, from.not_ip),
        verb: pair(from.verb, from.not_verb),
        resource: pair(from.resource, from.not_resource),
        namespace: pair(from.namespace, from.not_namespace),
        name: pair(from.name, from.not_name),
        code: pair(from.code, from.not_code),
        cluster: pair(from.cluster, from.not_cluster),
        audit_id: pair(from.audit_id, from.not_audit_id),
        level: pair(from.level, from.not_level),
        stage: pair(from.stage, from.not_stage),
        where_,
        exact,
        since: None,
        until: None,
    }
}

/// The built-in rules and those that were asked for, filters applied, and what is to be said of their files.
pub fn rules(args: &cli::RuleArgs, config: &Config) -> Result<Linked> {
    let mut all = Collection::default();
    let lists = lists(&args.lists, config)?;
    if !args.no_builtin {
        all.rules = rule::builtin::load_with(&lists)?;
    }
    let Collection { rules, found } = rule::load_paths(config.rules.iter().chain(&args.paths), &lists)?;
    all.rules.extend(rules);
    all.found = found;
    if all.rules.is_empty() {
        let told =
            if all.found.is_empty() { String::new() } else { format!("{}\n\n", rule::render(&all.found)) };
        let text = format!("{told}no rules: --no-builtin leaves none; name some with --rules FILE");
        return Err(Error::usage(text));
    }
    referred(&args.lists, config, &all.rules)?;
    rule::tell_apart(&mut all.rules);
    rule::unique(all.rules.iter())?;
    let mut linked = rule::link(all.rules).map_err(|wrong| Error::Rule(rule::render(&wrong)))?;
    linked.warnings.splice(0..0, all.found);
    Ok(linked)
}

/// The lists that rules refer to: those of the command line before those of the settings, and these before our own.
pub fn lists(args: &cli::ListArgs, config: &Config) -> Result<Lists> {
    let mut lists = Lists::builtin().clone();
    let named = args.lists.iter().map(|(name, path)| (name, path));
    config.lists.iter().chain(named).try_for_each(|(name, path)| lists.add(name, path))?;
    Ok(lists)
}

/// Holds that some rule refers to each list that is named: a misspelt name would change nothing, in silence.
fn referred(args: &cli::ListArgs, config: &Config, rules: &[rule::Loaded]) -> Result<()> {
    let own = Lists::builtin();
    let mut known: BTreeSet<&str> = own.names().collect();
    known.extend(rules.iter().flat_map(|loaded| loaded.lists.iter().map(String::as_str)));
    let given = args.lists.iter().map(|(name, _)| ("--list", name));
    let set = config.lists.keys().map(|name| ("[lists] in kaudit.toml", name));
    let Some((place, name)) = given.chain(set).find(|(_, name)| !known.contains(name.as_str())) else {
        return Ok(());
    };
    let known: Vec<&str> = known.into_iter().collect();
    Err(Error::usage(format!(
        "{place}: no rule refers to a list `{name}`: they refer to {}",
        known.join(", ")
    )))
}

fn common(
    global: &Global,
    (input, times): (cli::Input, cli::Times),
    cluster: Option<String>,
    output: cli::Output,
    config: &Config,
) -> Result<Common> {
    let zone = zone(&output)?;
    let since = point("--since", times.since.as_deref(), zone)?;
    let until = point("--until", times.until.as_deref(), zone)?;
    let target = target(&output)?;
    let cluster_from =
        input.cluster_from.as_ref().or(config.cluster_from.as_ref().filter(|_| cluster.is_none()));
    let cluster_from = cluster_from.map(|pattern| cluster_regex(pattern)).transpose()?;
    let records = input.format.as_deref().map(records).transpose()?;
    let gathered = input::gather(&Inputs { args: inputs(input.inputs, config)?, cluster, cluster_from })?;
    let has_stdin = gathered.sources.iter().any(|source| source.place == input::Place::Stdin);
    if has_stdin && [since, until].iter().flatten().any(|when| matches!(when, time::When::BeforeLast(_))) {
        return Err(Error::usage(
            "--since and --until count back from the last event, which a pipe does not show in advance: \
             name the files, or give a point in time",
        ));
    }
    Ok(Common {
        gathered,
        engine: Engine { threads: threads(input.threads)?, records },
        since,
        until,
        format: output.output,
        look: look(global.color, &output, zone),
        target,
        redactor: Redactor::new(!output.no_redact),
    })
}

fn zone(output: &cli::Output) -> Result<Zone> {
    Zone::parse(&output.tz).ok_or_else(|| {
        Error::usage(format!(
            "--tz: `{}` is no time zone: use utc, local, +02:00 or Europe/Berlin",
            output.tz
        ))
    })
}

fn target(output: &cli::Output) -> Result<Target> {
    match &output.out {
        Some(path) => Target::file(path, output.force),
        None => Ok(Target::stdout()),
    }
}

fn records(name: &str) -> Result<&'static envelope::Format> {
    envelope::Format::named(name).ok_or_else(|| {
        let near = envelope::Format::nearest(name);
        let meant = near.map(|near| format!(" (did you mean `{}`?)", near.name)).unwrap_or_default();
        Error::usage(format!(
            "--format: `{name}` is no format of records{meant}: `kaudit formats` lists them"
        ))
    })
}

fn cluster_regex(pattern: &str) -> Result<Regex> {
    Regex::new(pattern).map_err(|error| Error::usage(format!("--cluster-from: {error}")))
}

fn point(flag: &str, text: Option<&str>, zone: Zone) -> Result<Option<time::When>> {
    let Some(text) = text else { return Ok(None) };
    let when = time::When::parse(text, zone).ok_or_else(|| {
        Error::usage(format!(
            "{flag}: `{text}` is no time: use 2026-09-08, 2026-09-08T01:00:00Z, or 90m, 2h, 7d before the last event"
        ))
    })?;
    Ok(Some(when))
}

/// How many threads are meant.
pub fn threads(asked: Option<usize>) -> Result<usize> {
    match asked {
        Some(0) => Err(Error::usage("--threads: at least 1")),
        Some(threads) => Ok(threads.min(1024)),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

/// What to read when nothing is named.
fn inputs(named: Vec<String>, config: &Config) -> Result<Vec<String>> {
    if !named.is_empty() {
        return Ok(named);
    }
    if let Some(input) = std::env::var("KAUDIT_INPUT").ok().filter(|input| !input.is_empty()) {
        return Ok(vec![input]);
    }
    if !config.inputs.is_empty() {
        return Ok(config.inputs.clone());
    }
    if stdin_is_piped() {
        return Ok(vec!["-".to_owned()]);
    }
    let places = input::usual_places();
    let found = places.iter().find(|place| Path::new(place).is_file());
    found.map(|place| vec![(*place).to_owned()]).ok_or_else(|| nothing_to_read(places))
}

fn nothing_to_read(places: &[&str]) -> Error {
    Error::usage(format!(
        "nothing to read: name a file, a directory, or - for standard input.\n\
         Looked for: KAUDIT_INPUT (not set), `inputs` in kaudit.toml (none), piped standard input (none),\n  {}",
        places.join("\n  ")
    ))
}

/// Whether somebody feeds standard input: a pipe, a socket or a file, but neither a terminal nor /dev/null.
fn stdin_is_piped() -> bool {
    if std::io::stdin().is_terminal() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        std::fs::metadata("/dev/stdin").is_ok_and(|stdin| !stdin.file_type().is_char_device())
    }
    #[cfg(not(unix))]
    {
        true
    }
}

fn look(color: When, output: &cli::Output, zone: Zone) -> Look {
    let terminal = output.out.is_none() && std::io::stdout().is_terminal();
    let own = if terminal { terminal_width() } else { None };
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => wants_color(terminal),
    };
    Look { width: output.width.map(usize::from).or(own), color, zone }
}

/// Columns of the terminal that standard output is, if it is one.
pub fn terminal_width() -> Option<usize> {
    let terminal = std::io::stdout().is_terminal();
    terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0))
}

fn wants_color(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    set("CLICOLOR_FORCE") || terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
