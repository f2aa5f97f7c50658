//! Which requests belong to which scenario.

use kaudit::anomaly::{Profile, window_of};
use kaudit::finding::Hit;
use kaudit::plan::hunt_rule;
use kaudit::redact::Redactor;
use kaudit::rule::Hunt;
use kaudit::scan::{self, Run, TakeHit};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A labelled request.
#[derive(Clone, Debug)]
pub struct Labelled {
    pub scenario: String,
    pub attack: bool,
    pub cluster: String,
    pub user: String,
    pub address: String,
    pub window: u32,
    pub audit_id: String,
}

pub struct Labels {
    pub requests: Vec<Labelled>,
}

impl Labels {
    /// Reads the logs for the requests that the labels name by auditID.
    pub fn read(text: &[u8], run: Run<'_>) -> Labels {
        let json: Value = serde_json::from_slice(text).unwrap();
        let scenarios = json.as_array().or(json["scenarios"].as_array()).unwrap();
        let mut wanted: BTreeMap<(String, String), Vec<(String, bool)>> = BTreeMap::new();
        for scenario in scenarios {
            let id = scenario["id"].as_str().unwrap().to_owned();
            let attack = scenario["kind"] == "attack";
            for (cluster, ids) in scenario["audit_ids"].as_object().unwrap() {
                for audit_id in ids.as_array().unwrap() {
                    let key = (cluster.clone(), audit_id.as_str().unwrap().to_owned());
                    wanted.entry(key).or_default().push((id.clone(), attack));
                }
            }
        }
        let (rules, _) = hunt_rule(&Hunt::default()).unwrap();
        let take = Taking { wanted, requests: Vec::new() };
        let hunted = scan::hunt(run, &rules, None, Redactor::new(false), false, take).unwrap();
        let mut requests = hunted.take.requests;
        requests
            .sort_by(|a, b| (&a.scenario, &a.cluster, a.window).cmp(&(&b.scenario, &b.cluster, b.window)));
        Labels { requests }
    }

    /// Attacks by scenario and cluster, of the clusters and times that the profile knows, from a window on.
    pub fn attacks(&self, profile: &Profile, since: Option<u32>) -> BTreeSet<(String, String)> {
        let known = |request: &&Labelled| {
            profile.clusters.iter().any(|(name, span)| {
                profile.names.text(*name) == request.cluster
                    && since.is_none_or(|since| since <= request.window)
                    && span.range().is_some_and(|(from, to)| (from..=to).contains(&request.window))
            })
        };
        let attacks = self.requests.iter().filter(|request| request.attack).filter(known);
        attacks.map(|request| (request.scenario.clone(), request.cluster.clone())).collect()
    }
}

struct Taking {
    wanted: BTreeMap<(String, String), Vec<(String, bool)>>,
    requests: Vec<Labelled>,
}

impl TakeHit for Taking {
    fn hit(&mut self, hit: Hit, _: &str) -> kaudit::error::Result<()> {
        let seen = hit.seen;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let key = (text(seen.cluster.as_deref()), text(seen.audit_id.as_deref()));
        let Some(window) = seen.time.and_then(window_of) else { return Ok(()) };
        for (scenario, attack) in self.wanted.get(&key).into_iter().flatten() {
            self.requests.push(Labelled {
                scenario: scenario.clone(),
                attack: *attack,
                cluster: key.0.clone(),
                user: text(seen.user.as_deref().or(seen.principal.as_deref())),
                address: text(seen.source_ip.as_deref()),
                window,
                audit_id: key.1.clone(),
            });
        }
        Ok(())
    }
}
