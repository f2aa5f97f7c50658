//! The table of formats. A new one is a file below here with `recognise` and `unwrap`, a row, and an example.

mod azure;
mod member;

use super::peel::{Look, Peel};
use std::fmt;

/// One layer that something may have put round an audit event.
pub struct Format {
    /// What `--format` calls it.
    pub name: &'static str,
    /// One line that says where it comes from.
    pub about: &'static str,
    /// A file of `testdata/formats` that has it.
    pub example: &'static str,
    /// At most one format recognises a record.
    pub recognise: fn(Look<'_>) -> bool,
    pub unwrap: fn(&mut Peel<'_, '_>, Look<'_>),
}

impl Format {
    /// The format of this name.
    pub fn named(name: &str) -> Option<&'static Format> {
        FORMATS.binary_search_by(|format| format.name.cmp(name)).ok().and_then(|at| FORMATS.get(at))
    }

    /// A mere list of records.
    pub fn is_array(&self) -> bool {
        self.name == "array"
    }

    /// The format whose name is closest to what was typed.
    pub fn nearest(name: &str) -> Option<&'static Format> {
        let rated = FORMATS.iter().map(|format| (strsim::levenshtein(name, format.name), format));
        rated.min_by_key(|(edits, _)| *edits).filter(|(edits, _)| *edits <= 3).map(|(_, format)| format)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! formats {
    ($($module:ident $name:literal, $about:literal, $example:literal;)*) => {
        $(mod $module;)*

        /// All formats, by name. The order does not matter for recognising them.
        pub const FORMATS: &[Format] = &[$(Format {
            name: $name,
            about: $about,
            example: $example,
            recognise: $module::recognise,
            unwrap: $module::unwrap,
        }),*];
    };
}

formats! {
    aks_audit "aks-audit", "Azure AKSAudit, AKSAuditAdmin and ArcK8sAudit rows", "43_aks_AKSAudit_rows.json";
    aks_diagnostic "aks-diagnostic", "AKS diagnostic setting: storage account, one record of an event hub", "41_aks_storage";
    aks_records "aks-records", "AKS diagnostic setting: event hub", "40_aks_eventhub_records.json";
    alcide "alcide", "detections of Alcide kAudit (no events)", "90_alcide_kaudit_detection.json";
    array "array", "JSON array of records", "06_json_array.json";
    aws_tail "aws-tail", "EKS: aws logs tail", "22_eks_aws-logs_tail_detailed.log";
    azure_diagnostics "azure-diagnostics", "Azure AzureDiagnostics rows", "42_aks_AzureDiagnostics_rows.json";
    azure_tables "azure-tables", "Azure Log Analytics query API", "44_aks_loganalytics_api_tables.json";
    cloudwatch_event "cloudwatch-event", "EKS: one event of a CloudWatch answer", "24_eks_firehose_decompressed_no_newlines.json";
    cloudwatch_events "cloudwatch-events", "EKS: aws logs filter-log-events, get-log-events", "20_eks_aws-logs_filter-log-events.json";
    cloudwatch_export "cloudwatch-export", "EKS: CloudWatch export task", "26_eks_export_task";
    cloudwatch_insights "cloudwatch-insights", "EKS: Logs Insights, get-query-results", "27_eks_logs-insights_get-query-results.json";
    cloudwatch_packed "cloudwatch-packed", "EKS: CloudWatch subscription, as Lambda or Kinesis hand it on", "25_eks_kinesis_lambda_event.json";
    cloudwatch_subscription "cloudwatch-subscription", "EKS: CloudWatch subscription, Firehose", "24_eks_firehose_decompressed_no_newlines.json";
    cri "cri", "containerd and CRI-O container log", "56_cri_partial_lines.log";
    csv "csv", "CSV with the event in a column, such as Logs Insights exports", "28_eks_logs-insights_console.csv";
    datadog "datadog", "Datadog log archive", "83_datadog_archive";
    docker "docker", "Docker json-file", "55_docker_json-file.log";
    elastic "elastic", "Elastic Kubernetes integration, one document", "80_elastic_ecs.jsonl";
    elastic_hit "elastic-hit", "Elasticsearch search hit, elasticdump", "82_elasticdump.jsonl";
    elastic_search "elastic-search", "Elasticsearch answer to a search", "81_elastic_search_response.json";
    event_list "event-list", "EventList, as the API server's webhook sends it", "04_webhook_eventlist_pretty.json";
    falco "falco", "Falco alerts about audit events (no events)", "85_falco_alerts.jsonl";
    filebeat "filebeat", "Filebeat, Logstash", "53_filebeat_message_string.jsonl";
    fluent_bit "fluent-bit", "Fluent Bit, the line under log", "51_fluentbit_log_string_k8s_filter.jsonl";
    fluentd "fluentd", "Fluentd out_file", "52_fluentd_out_file.log";
    gelf "gelf", "GELF: Graylog, OVH Logs Data Platform", "86_ovh_ldp_double_encoded.jsonl";
    gke "gke", "Google Cloud LogEntry of the service k8s.io", "30_gke_gcloud_logging_read.json";
    gke_pubsub "gke-pubsub", "Google Cloud Pub/Sub message with a LogEntry", "32_gke_pubsub_pull.json";
    journald "journald", "systemd journal, journalctl -o json", "57_journald_json.jsonl";
    json_string "json-string", "any JSON with the event under message, line, log, body ...", "86_ovh_ldp_double_encoded.jsonl";
    legacy_text "legacy-text", "API server before 1.9: AUDIT: id=...", "03_legacy_text_audit.log";
    loki_line "loki-line", "Loki: logcli -o jsonl, Grafana download", "59_loki_logcli_jsonl.jsonl";
    loki_query "loki-query", "Loki: answer of query_range", "61_loki_query_range.json";
    loki_text "loki-text", "Loki: logcli, its usual text", "60_loki_logcli_default.log";
    native "native", "kube-apiserver audit log: v1, v1beta1, v1alpha1", "01_kube-apiserver_v1.jsonl";
    node_logs "node-logs", "OpenShift: oc adm node-logs", "70_openshift_oc-adm-node-logs.log";
    prefix "prefix", "any text in front of the event", "58_syslog_rfc3164_and_5424.log";
    rancher "rancher", "Rancher API audit log", "72_rancher_api_audit.log";
    splunk "splunk", "Splunk export, HTTP event collector", "84_splunk_search_export.jsonl";
    syslog "syslog", "syslog, RFC 3164 and 5424", "58_syslog_rfc3164_and_5424.log";
    talos "talos", "Talos, and whatever else writes host: before the event", "73_talosctl_node_prefix.log";
    vector "vector", "Vector file source", "54_vector_file_source.jsonl";
}
