//! The generator of wrapped logs: events as clouds, shippers and container runtimes would have written them.

use serde_json::json;

/// Name of the format, what the file begins with, each event wrapped, what the file ends with.
pub struct Wrapper {
    pub name: &'static str,
    begin: &'static str,
    wrap: fn(&str) -> String,
    between: &'static str,
    end: &'static str,
}

impl Wrapper {
    pub fn file(&self, events: &[&str]) -> String {
        let wrapped: Vec<String> = events.iter().map(|event| (self.wrap)(event)).collect();
        [self.begin, &wrapped.join(self.between), self.end].concat()
    }

    /// Records as the unwrapper gets them.
    pub fn record(&self, event: &str) -> String {
        let (begin, end) = if self.between == "\n" { ("", "") } else { (self.begin, self.end) };
        [begin, &(self.wrap)(event), end].concat()
    }
}

const fn lines(name: &'static str, wrap: fn(&str) -> String) -> Wrapper {
    Wrapper { name, begin: "", wrap, between: "\n", end: "\n" }
}

fn quoted(event: &str) -> String {
    json!(event).to_string()
}

pub const WRAPPERS: &[Wrapper] = &[
    lines("native", str::to_owned),
    lines("cri", |event| format!("2026-05-05T14:16:10.002100345Z stdout F {event}")),
    lines("syslog", |event| format!("<134>May  5 14:16:10 cp1 kube-apiserver[1234]: {event}")),
    lines("talos", |event| format!("172.20.0.2: {event}")),
    lines("node-logs", |event| format!("ci-ln-prod-master-0 {event}")),
    lines("fluentd", |event| format!("2026-05-05T14:16:10+00:00\tkube.audit\t{event}")),
    lines("aws-tail", |event| format!("2026-05-05T14:16:10+00:00 kube-apiserver-audit-1 {event}")),
    lines("docker", |event| {
        let log = quoted(&format!("{event}\n"));
        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-05-05T14:16:10.002100345Z\"}}")
    }),
    lines("filebeat", |event| {
        let message = quoted(event);
        format!(
            "{{\"@timestamp\":\"2026-05-05T14:16:11.000Z\",\"message\":{message},\"log\":{{\"offset\":1}}}}"
        )
    }),
    lines("vector", |event| {
        format!(
            "{{\"file\":\"/var/log/audit.log\",\"host\":\"cp1\",\"message\":{},\"source_type\":\"file\"}}",
            quoted(event)
        )
    }),
    lines("journald", |event| {
        format!(
            "{{\"_HOSTNAME\":\"cp1\",\"SYSLOG_IDENTIFIER\":\"kube-apiserver\",\"MESSAGE\":{}}}",
            quoted(event)
        )
    }),
    lines("loki", |event| {
        let line = quoted(event);
        format!(
            "{{\"labels\":{{\"cluster\":\"prod\"}},\"line\":{line},\"timestamp\":\"2026-05-05T14:16:10Z\"}}"
        )
    }),
    lines("aks", |event| {
        let log = quoted(event);
        format!(
            "{{\"category\":\"kube-audit\",\"resourceId\":\"/SUBSCRIPTIONS/0/MANAGEDCLUSTERS/AKS\",\
             \"properties\":{{\"log\":{log},\"stream\":\"stdout\"}},\"time\":\"2026-05-05T14:16:10Z\"}}"
        )
    }),
    lines("elastic", |event| format!("{{\"@timestamp\":\"x\",\"kubernetes\":{{\"audit\":{event}}}}}")),
    lines("event-list", |event| {
        format!("{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{event}]}}")
    }),
    Wrapper { name: "array", begin: "[", wrap: str::to_owned, between: ",\n", end: "]\n" },
    Wrapper {
        name: "filter-log-events",
        begin: "{\"events\":[",
        wrap: |event| {
            format!(
                "{{\"logStreamName\":\"kube-apiserver-audit-1\",\"timestamp\":1777990570001,\"message\":{}}}",
                quoted(event)
            )
        },
        between: ",",
        end: "]}\n",
    },
];
