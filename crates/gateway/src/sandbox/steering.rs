//! The header `X-Exchequer-Sandbox`: `delay_ms=200, tokens=5, omit_usage`.

use std::time::Duration;

use http::StatusCode;

use crate::error::Error;

const HEADER: &str = "X-Exchequer-Sandbox";
/// The longest pause that it makes, in milliseconds.
const LONGEST: u64 = 600_000;
/// The most tokens that it claims.
const MOST: u64 = 100_000_000;

/// How the sandbox shall answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Steering {
    /// `delay_ms=`: before the first byte.
    pub(crate) delay: Option<Duration>,
    /// `first_token_ms=`: between a stream's head and its first token.
    pub(crate) first_token: Option<Duration>,
    /// `tokens=`: output tokens of each choice, whatever was asked for.
    pub(crate) tokens: Option<u64>,
    /// `cached=`: how many of the input tokens it claims to have had.
    pub(crate) cached: u64,
    /// `status=`: an error instead of an answer.
    pub(crate) status: Option<StatusCode>,
    /// `reset_after=`: after so many bytes of the body the connection breaks.
    pub(crate) reset_after: Option<usize>,
    /// `omit_usage`: it does not tell its usage.
    pub(crate) omit_usage: bool,
}

impl Steering {
    /// Reads the header's values, one after the other. A later word overrides an earlier one.
    pub(crate) fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut steering = Self::default();
        let words = values
            .into_iter()
            .flat_map(|value| value.split([',', ';']))
            .map(str::trim)
            .filter(|word| !word.is_empty());
        for word in words {
            steering.take(word).ok_or_else(|| Error::Invalid {
                param: HEADER,
                wanted: format!(
                    "a list of delay_ms=, first_token_ms=, tokens=, cached=, status= (400 to 599), \
                     reset_after= and omit_usage; this is none of them: {word}"
                ),
            })?;
        }
        Ok(steering)
    }

    fn take(&mut self, word: &str) -> Option<()> {
        let (name, value) =
            word.split_once('=').map_or((word, None), |(n, v)| (n.trim(), Some(v.trim())));
        let number = |most: u64| value?.parse().ok().filter(|number| *number <= most);
        match name {
            "delay_ms" => self.delay = Some(Duration::from_millis(number(LONGEST)?)),
            "first_token_ms" => self.first_token = Some(Duration::from_millis(number(LONGEST)?)),
            "tokens" => self.tokens = Some(number(MOST)?),
            "cached" => self.cached = number(MOST)?,
            "status" => {
                let status = u16::try_from(number(599)?).ok()?;
                self.status =
                    Some(StatusCode::from_u16(status).ok().filter(|s| s.as_u16() >= 400)?);
            }
            "reset_after" => self.reset_after = Some(usize::try_from(number(MOST)?).ok()?),
            "omit_usage" if matches!(value, None | Some("true")) => self.omit_usage = true,
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header() {
        let steering = Steering::parse([
            "delay_ms=5, first_token_ms = 7;tokens=9",
            "cached=2,status=429,reset_after=10,omit_usage,",
        ]);
        assert_eq!(
            steering.unwrap(),
            Steering {
                delay: Some(Duration::from_millis(5)),
                first_token: Some(Duration::from_millis(7)),
                tokens: Some(9),
                cached: 2,
                status: Some(StatusCode::TOO_MANY_REQUESTS),
                reset_after: Some(10),
                omit_usage: true,
            }
        );
        assert_eq!(Steering::parse([]).unwrap(), Steering::default());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for value in [
            "tokens",
            "tokens=",
            "tokens=-1",
            "tokens=1.5",
            "status=200",
            "status=600",
            "delay_ms=600001",
            "omit_usage=no",
            "turbo=1",
            "cached=99999999999999999999",
        ] {
            assert!(Steering::parse([value]).is_err(), "{value}");
        }
    }
}
