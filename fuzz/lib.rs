//! What must hold for any input at all, one function for each target. Each panics where it does not hold.
//!
//! ```text
//! cargo test --test seeds                        every target on its seeds
//! KAUDIT_SEEDS=write cargo test --test seeds     and puts them into fuzz/corpus
//! cargo +nightly fuzz run decode_agrees          on and on, with new inputs
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod decode;
mod envelope;
mod policy;
mod rules;
mod stream;
mod text;

pub use decode::decode_agrees;
pub use envelope::{unwrap, unwrap_cut_gzip};
pub use policy::audit_policy;
pub use rules::{alcide_load, falco_load, sigma_load, where_expr};
pub use stream::{lines, unpack};
pub use text::{json_walk, redact_record};
