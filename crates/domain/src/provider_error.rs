//! Why a provider did not serve a request that was forwarded to it and cost nothing.

/// Told apart by who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderError {
    /// No connection: nothing was sent.
    Unreachable,
    /// 429: the provider's own limits.
    Busy,
    /// 401, 402 or 403: it does not accept the connection's key, or what that may do.
    Denied,
    /// Another 4xx: what was asked for is wrong.
    Rejected,
    /// 5xx, or a redirect, which leads away from the connection.
    Broken,
}

impl ProviderError {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unreachable, Self::Busy, Self::Denied, Self::Rejected, Self::Broken];

    /// Of a status that is no success.
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Busy,
            401..=403 => Self::Denied,
            400..500 => Self::Rejected,
            _ => Self::Broken,
        }
    }

    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Busy => "busy",
            Self::Denied => "denied",
            Self::Rejected => "rejected",
            Self::Broken => "broken",
        }
    }

    /// Whether it says that something is wrong with the provider or the way to it, and not with the
    /// request alone.
    pub const fn counts_against_provider(self) -> bool {
        !matches!(self, Self::Rejected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whose_it_is() {
        for (status, error) in [
            (302, ProviderError::Broken),
            (400, ProviderError::Rejected),
            (401, ProviderError::Denied),
            (403, ProviderError::Denied),
            (404, ProviderError::Rejected),
            (429, ProviderError::Busy),
            (499, ProviderError::Rejected),
            (500, ProviderError::Broken),
            (529, ProviderError::Broken),
        ] {
            assert_eq!(ProviderError::of_status(status), error, "{status}");
        }
    }
}
