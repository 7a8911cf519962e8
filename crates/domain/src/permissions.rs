//! What a key may ask the gateway for.

use std::{collections::BTreeSet, fmt, str::FromStr};

macro_rules! endpoints {
    ($($name:ident = $text:literal $path:literal $label:literal;)+) => {
        /// A family of addresses of the gateway, as a restricted key names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Endpoint { $(#[doc = $path] $name,)+ }

        impl Endpoint {
            /// All of them, as a form lists them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word for tables, forms and programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Its address.
            pub const fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)+ }
            }

            /// The words for people.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }
        }
    };
}

endpoints! {
    Models = "models" "/v1/models" "List models";
    Chat = "chat" "/v1/chat/completions" "Chat completions";
    Responses = "responses" "/v1/responses" "Responses";
    Messages = "messages" "/v1/messages" "Messages";
    Completions = "completions" "/v1/completions" "Completions";
    Embeddings = "embeddings" "/v1/embeddings" "Embeddings";
    Moderations = "moderations" "/v1/moderations" "Moderations";
    Images = "images" "/v1/images" "Images";
    Audio = "audio" "/v1/audio" "Audio";
    Files = "files" "/v1/files" "Files";
    Batches = "batches" "/v1/batches" "Batches";
}

/// A text that names no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose endpoints from the list")]
pub struct EndpointError;

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::ALL.iter().copied().find(|endpoint| endpoint.as_str() == text).ok_or(EndpointError)
    }
}

/// What a key may ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Permissions {
    /// Every endpoint, later ones too.
    #[default]
    All,
    /// These endpoints and no other.
    Restricted(BTreeSet<Endpoint>),
    /// What costs nothing and changes nothing: the list of models.
    ReadOnly,
}

impl Permissions {
    /// From a stored row. What is not known is not allowed: an unknown kind may nothing, an unknown
    /// scope adds nothing.
    pub fn parse(kind: &str, scopes: &[String]) -> Self {
        match kind {
            "all" => Self::All,
            "read_only" => Self::ReadOnly,
            "restricted" => {
                Self::Restricted(scopes.iter().filter_map(|scope| scope.parse().ok()).collect())
            }
            _ => Self::Restricted(BTreeSet::new()),
        }
    }

    /// The word for tables and forms; the other half is [`Permissions::scopes`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Restricted(_) => "restricted",
            Self::ReadOnly => "read_only",
        }
    }

    /// Of a restricted key the words for its endpoints.
    pub fn scopes(&self) -> Vec<String> {
        match self {
            Self::All | Self::ReadOnly => Vec::new(),
            Self::Restricted(endpoints) => {
                endpoints.iter().map(|endpoint| endpoint.as_str().to_owned()).collect()
            }
        }
    }

    /// Whether a request to the endpoint passes.
    pub fn allows(&self, endpoint: Endpoint) -> bool {
        match self {
            Self::All => true,
            Self::Restricted(endpoints) => endpoints.contains(&endpoint),
            Self::ReadOnly => endpoint == Endpoint::Models,
        }
    }

    /// The words for people.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Restricted(_) => "Restricted",
            Self::ReadOnly => "Read only",
        }
    }
}

impl fmt::Display for Permissions {
    /// As the audit log tells it: `restricted: chat, models`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Restricted(_) => write!(f, ": {}", self.scopes().join(", ")),
            Self::All | Self::ReadOnly => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(permissions: &Permissions) -> Vec<Endpoint> {
        let all = Endpoint::ALL.iter().copied();
        all.filter(|endpoint| permissions.allows(*endpoint)).collect()
    }

    #[test]
    fn rows_say_what_they_were_made_of() {
        let some = BTreeSet::from([Endpoint::Chat, Endpoint::Models]);
        for permissions in [Permissions::All, Permissions::ReadOnly, Permissions::Restricted(some)]
        {
            assert_eq!(Permissions::parse(permissions.kind(), &permissions.scopes()), permissions);
        }
    }

    #[test]
    fn what_is_not_known_is_not_allowed() {
        let scopes = ["chat".to_owned(), "all".to_owned(), String::new()];
        assert_eq!(allowed(&Permissions::parse("restricted", &scopes)), [Endpoint::Chat]);
        assert_eq!(allowed(&Permissions::parse("admin", &scopes)), []);
        assert_eq!(allowed(&Permissions::parse("read_only", &scopes)), [Endpoint::Models]);
        assert_eq!(allowed(&Permissions::parse("all", &[])), Endpoint::ALL);
    }

    #[test]
    fn the_audit_log_names_the_endpoints() {
        let some = BTreeSet::from([Endpoint::Embeddings, Endpoint::Chat]);
        assert_eq!(Permissions::Restricted(some).to_string(), "restricted: chat, embeddings");
        assert_eq!(Permissions::ReadOnly.to_string(), "read_only");
    }
}
