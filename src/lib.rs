//! kaudit: a forensic analyzer for Kubernetes audit logs.
//!
//! The modules stand in the order of the story, and each imports only from modules above it:
//!
//! ```text
//! bytes -> lines -> events -> rules | anomaly -> findings -> output
//! ```

// ground
pub mod base64;
pub mod error;
pub mod hex;
pub mod metal;
pub mod time;

// bytes
pub mod input;

// lines
pub mod lines;

// events
pub mod event;
pub mod envelope;

// detectors
pub mod rule;

// findings
pub mod redact;
pub mod finding;
pub mod tally;
pub mod token;
pub mod correlation;
pub mod inventory;
pub mod anomaly;
pub mod incident;
pub mod policy;
pub mod coverage;
pub mod suppress;
pub mod pack;

// engine and pens
pub mod output;
pub mod scan;

// wishes
pub mod cli;
pub mod config;
pub mod plan;

// questions
pub mod command;
