//! The table of formats.

use super::peel::{Look, Peel};
use super::{aks, alerts, cloudwatch, elastic, gke, legacy, loki, native, prefix, rancher, shipper};
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
    ($($name:literal, $about:literal, $example:literal, $recognise:path, $unwrap:path;)*) => {
        /// All formats, by name. The order does not matter for recognising them.
        pub const FORMATS: &[Format] = &[$(Format {
            name: $name,
            about: $about,
            example: $example,
            recognise: $recognise,
            unwrap: $unwrap,
        }),*];
    };
}

formats! {
    "aks-audit", "Azure AKSAudit, AKSAuditAdmin and ArcK8sAudit rows", "43_aks_AKSAudit_rows.json", aks::is_audit, aks::audit;
    "aks-diagnostic", "AKS diagnostic setting: storage account, one record of an event hub", "41_aks_storage", aks::is_diagnostic, aks::diagnostic;
    "aks-records", "AKS diagnostic setting: event hub", "40_aks_eventhub_records.json", aks::is_records, aks::records;
    "alcide", "detections of Alcide kAudit (no events)", "90_alcide_kaudit_detection.json", alerts::is_alcide, alerts::alcide;
    "array", "JSON array of records", "06_json_array.json", native::is_array, native::array;
    "aws-tail", "EKS: aws logs tail", "22_eks_aws-logs_tail_detailed.log", prefix::is_tail, prefix::take_off;
    "azure-diagnostics", "Azure AzureDiagnostics rows", "42_aks_AzureDiagnostics_rows.json", aks::is_row, aks::row;
    "azure-tables", "Azure Log Analytics query API", "44_aks_loganalytics_api_tables.json", aks::is_tables, aks::tables;
    "cloudwatch-event", "EKS: one event of a CloudWatch answer", "24_eks_firehose_decompressed_no_newlines.json", cloudwatch::is_event, cloudwatch::event;
    "cloudwatch-events", "EKS: aws logs filter-log-events, get-log-events", "20_eks_aws-logs_filter-log-events.json", cloudwatch::is_events, cloudwatch::events;
    "cloudwatch-export", "EKS: CloudWatch export task", "26_eks_export_task", prefix::is_export, prefix::take_off;
    "cloudwatch-insights", "EKS: Logs Insights, get-query-results", "27_eks_logs-insights_get-query-results.json", cloudwatch::is_insights, cloudwatch::insights;
    "cloudwatch-packed", "EKS: CloudWatch subscription, as Lambda or Kinesis hand it on", "25_eks_kinesis_lambda_event.json", cloudwatch::is_packed, cloudwatch::packed;
    "cloudwatch-subscription", "EKS: CloudWatch subscription, Firehose", "24_eks_firehose_decompressed_no_newlines.json", cloudwatch::is_subscription, cloudwatch::subscription;
    "cri", "containerd and CRI-O container log", "56_cri_partial_lines.log", prefix::is_cri, prefix::take_off;
    "csv", "CSV with the event in a column, such as Logs Insights exports", "28_eks_logs-insights_console.csv", cloudwatch::is_csv, cloudwatch::csv;
    "datadog", "Datadog log archive", "83_datadog_archive", shipper::is_datadog, shipper::datadog;
    "docker", "Docker json-file", "55_docker_json-file.log", shipper::is_docker, shipper::docker;
    "elastic", "Elastic Kubernetes integration, one document", "80_elastic_ecs.jsonl", elastic::is_document, elastic::document;
    "elastic-hit", "Elasticsearch search hit, elasticdump", "82_elasticdump.jsonl", elastic::is_hit, elastic::hit;
    "elastic-search", "Elasticsearch answer to a search", "81_elastic_search_response.json", elastic::is_search, elastic::search;
    "event-list", "EventList, as the API server's webhook sends it", "04_webhook_eventlist_pretty.json", native::is_list, native::list;
    "falco", "Falco alerts about audit events (no events)", "85_falco_alerts.jsonl", alerts::is_falco, alerts::falco;
    "filebeat", "Filebeat, Logstash", "53_filebeat_message_string.jsonl", shipper::is_filebeat, shipper::filebeat;
    "fluent-bit", "Fluent Bit, the line under log", "51_fluentbit_log_string_k8s_filter.jsonl", shipper::is_fluent_bit, shipper::fluent_bit;
    "fluentd", "Fluentd out_file", "52_fluentd_out_file.log", prefix::is_fluentd, prefix::take_off;
    "gelf", "GELF: Graylog, OVH Logs Data Platform", "86_ovh_ldp_double_encoded.jsonl", shipper::is_gelf, shipper::gelf;
    "gke", "Google Cloud LogEntry of the service k8s.io", "30_gke_gcloud_logging_read.json", gke::is_entry, gke::entry;
    "gke-pubsub", "Google Cloud Pub/Sub message with a LogEntry", "32_gke_pubsub_pull.json", gke::is_push, gke::push;
    "journald", "systemd journal, journalctl -o json", "57_journald_json.jsonl", shipper::is_journald, shipper::journald;
    "json-string", "any JSON with the event under message, line, log, body ...", "86_ovh_ldp_double_encoded.jsonl", shipper::is_other, shipper::other;
    "legacy-text", "API server before 1.9: AUDIT: id=...", "03_legacy_text_audit.log", legacy::is_line, legacy::line;
    "loki-line", "Loki: logcli -o jsonl, Grafana download", "59_loki_logcli_jsonl.jsonl", loki::is_line, loki::line;
    "loki-query", "Loki: answer of query_range", "61_loki_query_range.json", loki::is_query, loki::query;
    "loki-text", "Loki: logcli, its usual text", "60_loki_logcli_default.log", prefix::is_loki, prefix::take_off;
    "native", "kube-apiserver audit log: v1, v1beta1, v1alpha1", "01_kube-apiserver_v1.jsonl", native::is_event, native::event;
    "node-logs", "OpenShift: oc adm node-logs", "70_openshift_oc-adm-node-logs.log", prefix::is_node, prefix::take_off;
    "prefix", "any text in front of the event", "58_syslog_rfc3164_and_5424.log", prefix::is_other, prefix::take_off;
    "rancher", "Rancher API audit log", "72_rancher_api_audit.log", rancher::is_entry, rancher::entry;
    "splunk", "Splunk export, HTTP event collector", "84_splunk_search_export.jsonl", shipper::is_splunk, shipper::splunk;
    "syslog", "syslog, RFC 3164 and 5424", "58_syslog_rfc3164_and_5424.log", prefix::is_syslog, prefix::take_off;
    "talos", "Talos, and whatever else writes host: before the event", "73_talosctl_node_prefix.log", prefix::is_talos, prefix::take_off;
    "vector", "Vector file source", "54_vector_file_source.jsonl", shipper::is_vector, shipper::vector;
}
