//! Which rule files are embedded. Written by `BLESS=1 cargo test builtin`; only lines of
//! files that are gone must be removed by hand, as nothing compiles before.

macro_rules! embed {
    ($($name:literal)*) => {
        &[$((concat!("rules/", $name, ".yml"), include_str!(concat!("../../../rules/", $name, ".yml")))),*]
    };
}

pub const BUILTIN: &[(&str, &str)] = embed! {};
