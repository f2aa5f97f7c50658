//! The columns of CSV reports, the same for findings and hits where both have them.

use super::escape;
use crate::finding::{Episode, Evidence, Finding, Sighting};
use crate::time;
use std::io::{self, Write};

/// What is said of an event, in this order.
pub const SIGHTING: &str = "time,cluster,node,principal,user,person,sourceIP,userAgent,verb,resource,namespace,name,code,\
                            outcome,stage,auditID,uri,file,offset,line";

/// What is said of a correlation, behind the event; empty for findings of single requests.
pub const EPISODE: &str = "group,count,value,last";

/// One line in the making.
pub struct Row<'o> {
    out: &'o mut dyn Write,
    empty: bool,
}

impl<'o> Row<'o> {
    pub fn new(out: &'o mut dyn Write) -> Row<'o> {
        Row { out, empty: true }
    }

    /// A text from a log or of our own.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.raw(&escape::csv(text))
    }

    fn optional(&mut self, text: Option<&str>) -> io::Result<()> {
        self.text(text.unwrap_or_default())
    }

    fn number(&mut self, number: impl Into<u64>) -> io::Result<()> {
        self.raw(&number.into().to_string())
    }

    fn raw(&mut self, cell: &str) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.empty, false) { "" } else { "," };
        write!(self.out, "{comma}{cell}")
    }

    /// The cells of [`SIGHTING`].
    pub fn sighting(&mut self, seen: &Sighting, file: &str) -> io::Result<()> {
        self.raw(&seen.time.map(time::format).unwrap_or_default())?;
        self.optional(seen.cluster.as_deref())?;
        self.optional(seen.node.as_deref())?;
        for text in [&seen.principal, &seen.user, &seen.person, &seen.source_ip, &seen.user_agent, &seen.verb]
        {
            self.optional(text.as_deref())?;
        }
        for text in [&seen.resource, &seen.namespace, &seen.name] {
            self.optional(text.as_deref())?;
        }
        self.raw(&seen.code.map(|code| code.to_string()).unwrap_or_default())?;
        self.optional(seen.outcome)?;
        for text in [&seen.stage, &seen.audit_id, &seen.uri] {
            self.optional(text.as_deref())?;
        }
        self.evidence(&seen.evidence, file)
    }

    /// The category, and the cells of an anomaly or incident.
    pub fn deviation(&mut self, finding: &Finding) -> io::Result<()> {
        self.text(finding.category.name())?;
        if let Some(incident) = &finding.incident {
            self.raw("")?;
            self.text(incident.confidence.name())?;
            self.raw(&format!("{:.2}", incident.score))?;
            self.raw(&time::format(incident.to))?;
            return self.text(&incident.doc());
        }
        let Some(deviation) = &finding.deviation else {
            return (0..5).try_for_each(|_| self.raw(""));
        };
        self.text(deviation.etype.name())?;
        self.text(deviation.confidence.name())?;
        self.raw(&format!("{:.2}", deviation.score))?;
        self.raw(&time::format(deviation.to))?;
        self.text(&deviation.doc)
    }

    /// The cells of [`EPISODE`].
    pub fn episode(&mut self, episode: Option<&Episode>) -> io::Result<()> {
        let Some(episode) = episode else { return (0..4).try_for_each(|_| self.raw("")) };
        self.text(&episode.group_text())?;
        self.number(episode.count)?;
        self.raw(&episode.value.to_string())?;
        self.raw(&time::format(episode.last))
    }

    fn evidence(&mut self, evidence: &Evidence, file: &str) -> io::Result<()> {
        self.text(file)?;
        self.number(evidence.offset)?;
        self.number(evidence.line)
    }

    pub fn end(self) -> io::Result<()> {
        writeln!(self.out)
    }
}
