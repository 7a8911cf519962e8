//! The form of an API key: `sk-exq-` + 12 characters public id + `_` + 43 characters secret + 6
//! characters checksum, all of them base 62. An admin key is the same after `sk-exq-admin-`.
//!
//! Whoever finds one can recognize it, a mistyped one is refused without asking the database, and
//! the public id finds its row.

const PUBLIC: usize = 12;
const SECRET: usize = 43;
const CHECK: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random bytes from which [`compose`] makes a key.
pub const ENTROPY: usize = PUBLIC + SECRET;

/// A well-formed key's parts. Well-formed is not valid: the store decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'key> {
    /// Finds the key's row; not secret.
    pub public_id: &'key str,
    /// What only its holder knows.
    pub secret: &'key str,
}

/// What a key opens. One that opens the gateway does not open the admin API, nor the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// The gateway, for a project's or a person's requests.
    Gateway,
    /// The admin API of one organization.
    Admin,
}

impl Opens {
    /// What its keys begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Gateway => "sk-exq-",
            Self::Admin => "sk-exq-admin-",
        }
    }

    /// What tells one of its keys from others without opening anything: `sk-exq-8leSsOp5JCV6…3mHS`.
    pub fn masked(self, public_id: &str, last_four: &str) -> String {
        format!("{}{public_id}…{last_four}", self.prefix())
    }

    /// Makes a key from base 62 digits below 62 (other values wrap around).
    pub fn compose(self, digits: [u8; ENTROPY]) -> String {
        let text = digits.map(|digit| char::from(DIGITS[usize::from(digit) % DIGITS.len()]));
        let public: String = text[..PUBLIC].iter().collect();
        let secret: String = text[PUBLIC..].iter().collect();
        let body = format!("{public}_{secret}");
        format!("{}{body}{}", self.prefix(), checksum(&body))
    }

    /// Takes a key apart, unless it opens something else, or its form or its checksum is wrong.
    pub fn parse(self, text: &str) -> Option<Parts<'_>> {
        let body = text.strip_prefix(self.prefix())?;
        if body.len() != PUBLIC + 1 + SECRET + CHECK || !body.is_ascii() {
            return None;
        }
        let (body, check) = body.split_at(PUBLIC + 1 + SECRET);
        let (public_id, secret) = body.split_once('_')?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric());
        (public_id.len() == PUBLIC
            && digits(public_id)
            && digits(secret)
            && checksum(body) == check)
            .then_some(Parts { public_id, secret })
    }
}

/// Makes a key of the gateway: [`Opens::compose`].
pub fn compose(digits: [u8; ENTROPY]) -> String {
    Opens::Gateway.compose(digits)
}

/// Takes a key of the gateway apart: [`Opens::parse`].
pub fn parse(text: &str) -> Option<Parts<'_>> {
    Opens::Gateway.parse(text)
}

/// A key's last four characters as pages show them: `…3mHS`. A word joiner keeps them beside their dots at the end of a line.
pub fn ending(last_four: &str) -> String {
    format!("…\u{2060}{last_four}")
}

/// What may be shown of a presented key, valid or not: its start and its last four characters.
pub fn masked(text: &str) -> String {
    let shown = |c: &char| c.is_ascii_graphic();
    let count = text.chars().count();
    let start: String = text.chars().take(if count >= 20 { 7 } else { 0 }).filter(shown).collect();
    let end: String =
        text.chars().skip(if count >= 20 { count - 4 } else { count }).filter(shown).collect();
    format!("{start}…{end}")
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_changed_character_is_refused(
            digits in prop::collection::vec(0_u8..62, ENTROPY),
            at in 7_usize..69,
            replacement in 0_u8..62,
        ) {
            let key = compose(digits.try_into().unwrap());
            prop_assert!(parse(&key).is_some());
            let mut changed = key.clone().into_bytes();
            changed[at] = DIGITS[usize::from(replacement)];
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(parse(&changed).is_some(), changed == key);
        }
    }

    #[test]
    fn what_is_shown_of_a_key_begins_as_it_does() {
        assert_eq!(Opens::Gateway.masked("8leSsOp5JCV6", "3mHS"), "sk-exq-8leSsOp5JCV6…3mHS");
        assert_eq!(Opens::Admin.masked("8leSsOp5JCV6", "3mHS"), "sk-exq-admin-8leSsOp5JCV6…3mHS");
    }

    #[test]
    fn a_key_opens_one_thing() {
        let (gateway, admin) = (compose([7; ENTROPY]), Opens::Admin.compose([7; ENTROPY]));
        assert!(Opens::Admin.parse(&admin).is_some() && parse(&admin).is_none());
        assert!(Opens::Admin.parse(&gateway).is_none() && parse(&gateway).is_some());
    }

    #[test]
    fn masks_all_but_the_ends() {
        assert_eq!(masked(&compose([0; ENTROPY])).len(), 7 + '…'.len_utf8() + 4);
        assert_eq!(masked("hunter2"), "…");
    }
}
