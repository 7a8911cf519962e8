//! From where somebody acts.

use std::net::{IpAddr, Ipv4Addr};

use domain::Origin;
use serde::{Deserialize, Serialize};

/// A browser as it shows itself: kept with its session, so that the person recognizes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its network address.
    pub address: IpAddr,
    /// What it calls itself (`User-Agent`), at most [`Device::LONGEST_AGENT`] characters; may be
    /// empty.
    pub agent: String,
}

impl Device {
    /// Most characters of its name that are kept.
    pub const LONGEST_AGENT: usize = 256;

    /// One at this address, by what it says of itself.
    pub fn new(address: IpAddr, agent: &str) -> Self {
        let shown = agent.chars().filter(|c| !c.is_control());
        Self { address, agent: shown.take(Self::LONGEST_AGENT).collect() }
    }
}

impl From<&Origin> for Device {
    /// Without an address all are one, which throttles too much rather than too little.
    fn from(origin: &Origin) -> Self {
        let address = origin.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Self::new(address, origin.agent.as_deref().unwrap_or_default())
    }
}

impl From<IpAddr> for Device {
    /// One that says nothing of itself.
    fn from(address: IpAddr) -> Self {
        Self { address, agent: String::new() }
    }
}
