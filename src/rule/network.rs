//! Networks as people write them.

use ipnet::IpNet;
use std::net::IpAddr;

/// A network, or an address as the network of that one. Bits beyond the prefix are dropped.
pub fn network(text: &str) -> Option<IpNet> {
    let written = written(text)?;
    Some(written.trunc())
}

/// A network with all bits that were written.
pub fn written(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
