//! The command line as typed: clap declarations and nothing else. What they mean is decided in `plan`.

use crate::finding::{Category, Confidence, Etype};
use crate::output::Format;
use crate::output::pack::PackFormat;
use crate::pack::Pack;
use crate::rule::Level;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).literal(AnsiColor::Cyan.on_default());

const EXIT: &str = "\
Exit codes:
  scan  0 done; 1 a finding at or above --fail-on; 3 part of the input was lost (unless --allow-partial)
  hunt  0 events found; 1 none
  incident, explain 0 done; 2 also when no incident or finding has the id
  coverage 0 done; 1 a rule at or above --fail-on is not observable; 3 part of the input was lost
  token 0 found; 1 no request made with it, nor one that issued it
  report 0 done; 1 a check fails, as --fail-on asks; 3 part of the input was lost (unless --allow-partial)
  check 0 done; 3 part of the input was lost (unless --allow-partial); with --verify 0 same, 1 not
  rules convert: 3 some rules cannot be said in the other dialect; test: 1 a rule failed
  all   2 wrong usage, unreadable input, bad rule, or a report that cannot be written; 130 interrupted

A log cannot show what the audit policy did not record, nor what was typed inside an exec session.";

/// Forensic analyzer for Kubernetes audit logs.
///
/// Reads audit logs as they were kept (plain, gzip or zstd, rotated, cut), runs detection rules over every
/// event and points to the evidence: file, byte offset, line and auditID. Works offline and never writes to
/// its input.
#[derive(Debug, Parser)]
#[command(name = "kaudit", version, styles = STYLES, after_help = EXIT, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Settings to use instead of ./kaudit.toml or the one in the user's configuration directory
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// When to use colour; `auto` heeds NO_COLOR, CLICOLOR_FORCE and TERM
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters (all must hold; repeated ones are alternatives)")]
pub struct Filters {
    /// Only findings about this type of entity; rules are about principals
    #[arg(long, value_name = "TYPE")]
    pub etype: Vec<Etype>,
    /// Only findings about entities whose name this regex matches
    #[arg(long, value_name = "REGEX")]
    pub entity: Vec<String>,
    /// No findings about entities whose name this regex matches
    #[arg(long, value_name = "REGEX")]
    pub not_entity: Vec<String>,
    /// Only findings of this category
    #[arg(long, value_name = "CATEGORY")]
    pub category: Vec<Category>,
    /// Only findings at least this sure: low, medium, high, or 2, 1, 0; of rules the level counts
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence)]
    pub min_confidence: Option<Confidence>,
    /// Only findings of rules and detectors whose id or title this regex matches
    #[arg(long, value_name = "REGEX")]
    pub rule: Vec<String>,
}

fn confidence(text: &str) -> Result<Confidence, String> {
    text.parse()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    Native,
    Alcide,
}

/// The kinds of detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// What rules describe
    Rules,
    /// What deviates from the habits of a principal and its peers
    Anomaly,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run detection rules over audit logs, profile all principals, and report findings
    Scan(Box<Scan>),
    /// Show one incident: who, from where, when, what for, the evidence, and where to look next; without ID list them
    ///
    /// The input is scanned again, so name it as it was scanned, with the same rules and baselines: that takes no longer than
    /// the scan and asks for no copy of the report that could be out of date. `-o ndjson` gives the incident and the findings
    /// that it joins.
    Incident(Box<Incident>),
    /// Say why a finding is one: what matched, with which values, or the whole arithmetic of an anomaly
    ///
    /// The input is scanned again, so name it as it was scanned, with the same rules and baselines.
    Explain(Box<Explain>),
    /// Say what a log holds and what it lacks: gaps, duplicates, damage, the audit policy
    Check(Check),
    /// Say which rules this log could have shown at all, and what the audit policy would have to record
    ///
    /// A rule that asks for what was never recorded is silent, and its silence says nothing. For each rule:
    /// `observable`, `partly`, `not observable`, or `unknown` where the log holds no request of the kind that it is
    /// about (nobody made one, or the policy records none). With --policy the same is answered for an audit policy,
    /// without a log; the policy is checked as well, and with a log besides, so is what it would make of it.
    Coverage(Coverage),
    /// Find the events themselves: who did what, when, from where
    ///
    /// Records that cannot hold the text searched for are not parsed, which is what makes a hunt fast; whether they
    /// are damaged is not looked at either. `kaudit scan` looks at every record.
    #[command(alias = "search")]
    Hunt(Box<Hunt>),
    /// Follow a token: who had it made, and who used it, from where, with what and for what
    ///
    /// Joins the TokenRequest that issued a token to every request made with it, by the id that the API server writes in
    /// both places (Kubernetes 1.32 and later). Uses by another client or from another address than at first are
    /// marked, and so are uses from an address at which tokens of other nodes are used. Certificates have ids, too.
    Token(Token),
    /// Say what a log shows of the checks of a compliance pack, with the evidence
    ///
    /// Each check is `pass`, `fail`, `not observable` (the log cannot tell) or `not applicable` (the standard does not ask
    /// for it). Whether a clause is met is for people to judge: a log shows what it shows, and no more.
    Report(Report),
    /// List, show, check and test rules
    Rules {
        #[command(subcommand)]
        command: Rules,
    },
    /// Keep what principals usually do, as history for later scans (`kaudit scan --baseline`)
    Baseline {
        #[command(subcommand)]
        command: Baseline,
    },
    /// List the fields that rules and --where can name
    Fields {
        /// Show only fields whose name or description holds this text
        filter: Option<String>,
    },
    /// List the formats, compressions and archives that are read
    ///
    /// What a file is shows in its content, whatever its name, and record by record where a file mixes formats;
    /// formats may stand in one another, such as syslog in a container's log.
    Formats {
        /// Show only those whose name or description holds this text
        filter: Option<String>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell that will load the script
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// What is to be read, and how; `None` for a question that no log answers.
    pub fn input(&self) -> Option<&Input> {
        match self {
            Command::Scan(scan) => Some(&scan.detect.input),
            Command::Incident(incident) => Some(&incident.detect.input),
            Command::Explain(explain) => Some(&explain.detect.input),
            Command::Check(Check { input, .. })
            | Command::Coverage(Coverage { input, .. })
            | Command::Token(Token { input, .. })
            | Command::Report(Report { input, .. })
            | Command::Baseline { command: Baseline::Build { input, .. } } => Some(input),
            Command::Hunt(hunt) => Some(&hunt.input),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct Input {
    /// Files, directories (searched recursively), patterns in quotes, or - for standard input
    ///
    /// Without any: the environment variable KAUDIT_INPUT, then `inputs` in kaudit.toml, then piped standard
    /// input, then the places where Kubernetes distributions keep their audit log.
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
    /// Take the name of the cluster from the path: the first group of this regex, or all that it matches
    #[arg(long, value_name = "REGEX")]
    pub cluster_from: Option<String>,
    /// Take every record for this format instead of finding out (see `kaudit formats`)
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Number of worker threads (default: one for each CPU)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct Times {
    /// Only events at or after this: RFC 3339, a date, or 90m, 2h, 7d before the last event
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only events before this, given likewise
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Let --out (and --manifest) replace a file
    #[arg(long)]
    pub force: bool,
    /// Time zone of tables and of dates in --since and --until: utc, local, +02:00, Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "utc", allow_hyphen_values = true)]
    pub tz: String,
    /// Columns of a table (default: those of the terminal, or 200)
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=2000))]
    pub width: Option<u16>,
    /// Show secrets, tokens and the arguments of commands instead of `[redacted]`
    #[arg(long)]
    pub no_redact: bool,
}

/// What is looked for, and where.
#[derive(Debug, Args)]
pub struct Detect {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub times: Times,
    /// Name of the cluster that the input comes from (default: the directory that a file is in)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Do not profile principals, nor report what deviates from their habits
    #[arg(long, conflicts_with = "only", help_heading = "Anomalies")]
    pub no_anomaly: bool,
    /// Run only one kind of detector
    #[arg(long, value_name = "KIND", help_heading = "Anomalies")]
    pub only: Option<Only>,
    /// History to measure habits against, as `kaudit baseline build` writes it (may be given several times)
    #[arg(long, value_name = "FILE", conflicts_with = "no_anomaly", help_heading = "Anomalies")]
    pub baseline: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Scan {
    #[command(flatten)]
    pub detect: Detect,
    #[command(flatten)]
    pub filters: Filters,
    /// Keys of json and ndjson: our own, or incidents and anomalies only in those of Alcide kAudit's detections
    #[arg(long, value_name = "SCHEMA", default_value = "native", help_heading = "Output")]
    pub schema: Schema,
    #[command(flatten)]
    pub output: Output,
    /// Exit with 1 when a finding is of this level or above
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Do not exit with 3 when part of the input could not be read
    #[arg(long)]
    pub allow_partial: bool,
    /// In a table, list also the findings that an incident joins, and not only the incident
    #[arg(long, help_heading = "Output")]
    pub expand: bool,
    /// Also list the findings that `[[suppress]]` entries of kaudit.toml take out, with entry and reason
    #[arg(long)]
    pub explain_suppressed: bool,
}

#[derive(Debug, Args)]
pub struct Incident {
    /// First digits of an incident's id (at least 4 of 0-9, a-f); a file of such a name is ./NAME
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    #[command(flatten)]
    pub detect: Detect,
    #[command(flatten)]
    pub filters: Filters,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// First digits of a finding's id (at least 4), as every report shows it
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub detect: Detect,
    #[command(flatten)]
    pub output: PageOutput,
}

/// Where a page goes, and how it looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct PageOutput {
    /// Write the page to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Let --out replace a file
    #[arg(long)]
    pub force: bool,
    /// Time zone: utc, local, +02:00, Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "utc", allow_hyphen_values = true)]
    pub tz: String,
    /// Columns of a table (default: those of the terminal, or 200)
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=2000))]
    pub width: Option<u16>,
    /// Show secrets, tokens and the arguments of commands instead of `[redacted]`
    #[arg(long)]
    pub no_redact: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub input: Input,
    /// Name of the cluster that the input comes from (default: the directory that a file is in)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub output: Output,
    /// Also write a manifest: path, size, sha256, time span and counts of each file
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Only compare files with a manifest: those that it names, or INPUT
    #[arg(long, value_name = "FILE", conflicts_with = "manifest")]
    pub verify: Option<PathBuf>,
    /// Do not exit with 3 when part of the input could not be read
    #[arg(long)]
    pub allow_partial: bool,
}

#[derive(Debug, Args)]
pub struct Coverage {
    #[command(flatten)]
    pub input: Input,
    /// Name of the cluster that the input comes from (default: the directory that a file is in)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster: Option<String>,
    /// An audit policy (kind: Policy) to judge the rules by, and to check; without INPUT no log is read
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub output: Output,
    /// Exit with 1 when a rule of this level or above is not observable
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Do not exit with 3 when part of the input could not be read
    #[arg(long)]
    pub allow_partial: bool,
}

#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub input: Input,
    /// Name of the cluster that the input comes from (default: the directory that a file is in)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster: Option<String>,
    /// The checks to answer
    #[arg(long, value_name = "PACK")]
    pub pack: Pack,
    /// The audit policy in force (kind: Policy), for what a log alone cannot tell
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub output: PackOutput,
    /// Exit with 1 when a check fails, or also when one is not observable
    #[arg(long, value_name = "RESULT")]
    pub fail_on: Option<FailOn>,
    /// Do not exit with 3 when part of the input could not be read
    #[arg(long)]
    pub allow_partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Fail,
    NotObservable,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct PackOutput {
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: PackFormat,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Let --out replace a file
    #[arg(long)]
    pub force: bool,
    /// Time zone of tables: utc, local, +02:00, Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "utc", allow_hyphen_values = true)]
    pub tz: String,
    /// Columns of a table (default: those of the terminal, or 200)
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=2000))]
    pub width: Option<u16>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Also use the rules in this file or directory: Sigma (correlations and filters too), Alcide kAudit policies, Falco (repeatable)
    ///
    /// The dialect is told by the shape of the file. Falco files add to each other, in the order of the command line.
    #[arg(long = "rules", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Do not use the built-in rules
    #[arg(long)]
    pub no_builtin: bool,
    #[command(flatten)]
    pub lists: ListArgs,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct ListArgs {
    /// Take a list that rules refer to (`|expand`, `%NAME%`) from this file: one value a line, # begins a comment (repeatable)
    ///
    /// It takes the place of a list of that name in kaudit.toml, or of one that kaudit brings along:
    /// `kaudit rules lists` shows them.
    #[arg(long = "list", value_name = "NAME=FILE", value_parser = list)]
    pub lists: Vec<(String, PathBuf)>,
}

fn list(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("write NAME=FILE, such as allowed-users=users.txt".to_owned()),
    }
}

/// Declares each selection with its negated twin.
macro_rules! selections {
    ($($(#[doc = $doc:literal])+ $name:ident, $not:ident, $long:literal, $value:literal;)+) => {
        #[derive(Debug, Default, Args)]
        #[command(next_help_heading = "Selection (repeatable; * ? and /regex/ are understood)")]
        pub struct Selections {
            $(
                $(#[doc = $doc])+
                #[arg(long = $long, value_name = $value)]
                pub $name: Vec<String>,
            )+
            $(
                #[arg(long = concat!("not-", $long), value_name = $value, hide_short_help = true,
                    help = concat!("Not --", $long, " ", $value))]
                pub $not: Vec<String>,
            )+
        }
    };
}

selections! {
    /// Who: user or service account (ns/name), impersonated user, person behind a shared identity
    principal, not_principal, "principal", "NAME";
    /// What the client calls itself
    user_agent, not_user_agent, "user-agent", "TEXT";
    /// Source address or network; also what proxies and clients claim
    ip, not_ip, "ip", "ADDRESS";
    /// Kubernetes verb: get, list, create ...
    verb, not_verb, "verb", "VERB";
    /// Resource as kubectl names it: pods, pods/exec, deployments.apps
    resource, not_resource, "resource", "RESOURCE";
    /// Namespace of the object
    namespace, not_namespace, "namespace", "NAMESPACE";
    /// Name of the object
    name, not_name, "name", "NAME";
    /// HTTP status code of the answer: 403, 4xx
    code, not_code, "code", "CODE";
    /// Label of the cluster
    cluster, not_cluster, "cluster", "NAME";
    /// auditID of the request
    audit_id, not_audit_id, "audit-id", "ID";
    /// Audit level: Metadata, Request, RequestResponse
    level, not_level, "level", "LEVEL";
    /// Stage: RequestReceived, ResponseStarted, ResponseComplete, Panic
    stage, not_stage, "stage", "STAGE";
}

#[derive(Debug, Args)]
pub struct Hunt {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub times: Times,
    /// Name of the cluster that the input comes from, as --cluster selects (default: the directory of the file)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster_name: Option<String>,
    #[command(flatten)]
    pub selections: Selections,
    /// Any condition over any field: 'verb=delete and not (user.username ~ /^system:/ or code>=400)'
    #[arg(long = "where", value_name = "EXPR")]
    pub where_: Vec<String>,
    /// Tell upper case from lower case
    #[arg(long)]
    pub exact: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Token {
    /// Id of the token (`JTI=...`, the prefix may be left out) or auditID of the TokenRequest that issued it
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub times: Times,
    /// Name of the cluster that the input comes from (default: the directory that a file is in)
    #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Profile audit logs and write a baseline
    ///
    /// Correlations of the kind `more_than_usual` have their counts kept in it, too: name the rules as for the scans to come.
    Build {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        rules: RuleArgs,
        /// Name of the cluster that the input comes from (default: the directory that a file is in)
        #[arg(long, value_name = "NAME", conflicts_with = "cluster_from")]
        cluster: Option<String>,
        #[command(flatten)]
        to: To,
    },
    /// Make one baseline of several; refused when a file went into two of them
    Merge {
        /// Baselines
        #[arg(required = true, value_name = "BASELINE")]
        baselines: Vec<PathBuf>,
        #[command(flatten)]
        to: To,
    },
    /// Say what a baseline knows: files, clusters, times, principals
    Show {
        /// The baseline
        baseline: PathBuf,
    },
    /// List principals and actions that only one of two baselines knows
    Diff {
        /// The older baseline
        old: PathBuf,
        /// The newer one
        new: PathBuf,
    },
}

/// Where a baseline is written.
#[derive(Debug, Args)]
pub struct To {
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Let --out replace a file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List rules with their level and what they look for
    List {
        #[command(flatten)]
        rules: RuleArgs,
        /// List what the field detects in audit logs instead, and by which rule, correlation or anomaly it is found
        #[arg(long)]
        coverage: bool,
        /// Form of the list
        #[arg(short, long, value_name = "FORMAT", default_value = "table", value_parser = list_format,
            help_heading = "Output")]
        output: Format,
    },
    /// List the lists of values that rules refer to, with where they come from and how many values they hold
    Lists(RuleArgs),
    /// Show everything about one rule
    Show {
        /// Id of the rule
        id: String,
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Check rule files: errors, rules that cannot match, what is missing
    Lint {
        /// Files or directories
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        lists: ListArgs,
    },
    /// Write rules of any dialect as Sigma rules, where Sigma can say them; say which it cannot
    Convert {
        /// Dialect to write
        #[arg(long, value_name = "DIALECT", value_parser = ["sigma"], default_value = "sigma")]
        to: String,
        /// Files or directories
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        lists: ListArgs,
    },
    /// Run the events that stand beside rule files: NAME.hits.jsonl must match NAME.yml, NAME.misses.jsonl must not
    ///
    /// Of a file with several rules, some rule must match; NAME.RULE.hits.jsonl and NAME.RULE.misses.jsonl are for the
    /// one of that name, written in small letters with hyphens. NAME.LIST.txt is the list that the examples are made for.
    Test {
        /// Files or directories
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        lists: ListArgs,
    },
}

fn list_format(text: &str) -> Result<Format, String> {
    let fits = |format: &&Format| **format != Format::Summary && format.name() == text;
    Format::ALL.iter().find(fits).copied().ok_or_else(|| "use table, ndjson, json or csv".to_owned())
}

fn level(text: &str) -> Result<Level, String> {
    text.parse()
}

impl ValueEnum for Pack {
    fn value_variants<'a>() -> &'a [Pack] {
        &Pack::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.title()))
    }
}

/// Types that list all their values, and name each.
macro_rules! named_values {
    ($($kind:ty),+) => {
        $(impl ValueEnum for $kind {
            fn value_variants<'a>() -> &'a [$kind] {
                &<$kind>::ALL
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                Some(clap::builder::PossibleValue::new(self.name()))
            }
        })+
    };
}

named_values!(Etype, Category, PackFormat, Format);
