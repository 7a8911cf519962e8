//! What is asked of the request log, all of it in the address.

use chrono_tz::Tz;
use domain::{EventId, KeyId, Outcome, ProjectId, Tag, window::first_instant};
use store::requests;

use crate::web::Draft;

/// The fields of the form, which are those of the address.
const FIELDS: [&str; 9] =
    ["project", "key", "model", "outcome", "streamed", "sandbox", "tag", "from", "to"];

/// What is no request's outcome, but can be asked for beside them.
pub(super) const REFUSED: &str = "refused";

/// The filter as it was asked for.
pub(super) struct Filter {
    /// As typed, and what is wrong with it.
    pub(super) draft: Draft,
    /// What the store is asked.
    pub(super) asked: requests::Filter,
    /// Refusals are asked for, not requests.
    pub(super) refused: bool,
    /// The id of what is listed from there on back.
    pub(super) before: String,
}

impl Filter {
    /// Dates are days of the zone, both ends included.
    pub(super) fn read(query: Option<&str>, zone: Tz) -> Self {
        let mut draft = Draft::asked(query);
        let refused = draft.value("outcome") == REFUSED;
        let model = Some(draft.value("model")).filter(|model| !model.is_empty());
        let outcome = |text: &str| Outcome::ALL.into_iter().find(|it| it.as_str() == text);
        let (from, to) = (draft.date("from"), draft.date("to"));
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            draft.refuse("to", "This day lies before the first one. Choose a later one.");
        }
        let asked = requests::Filter {
            project: draft.chosen("project", |text| text.parse::<ProjectId>().ok()),
            key: draft.chosen("key", |text| text.parse::<KeyId>().ok()),
            model,
            outcome: if refused { None } else { draft.chosen("outcome", outcome) },
            streamed: draft.chosen("streamed", yes_or_no),
            sandbox: draft.chosen("sandbox", yes_or_no),
            tag: tag(&mut draft),
            from: from.map(|day| first_instant(day, zone)),
            until: to.and_then(|day| day.succ_opt()).map(|day| first_instant(day, zone)),
        };
        let before = draft.value("before");
        Self { draft, asked, refused, before }
    }

    /// The request whose id was typed, if it is one; else that is noted.
    pub(super) fn search(&mut self) -> Option<EventId> {
        let typed = self.draft.value("id");
        if typed.is_empty() {
            return None;
        }
        let found = id(&typed);
        if found.is_none() {
            self.draft.refuse("id", "This is no request’s ID. It begins with req_, and stands in the header x-request-id of every answer.");
        }
        found
    }

    /// Nothing is wrong with it.
    pub(super) fn is_right(&self) -> bool {
        self.draft.errors().is_empty()
    }

    /// A field of it cannot be read; the request that is looked for beside it is another matter.
    pub(super) fn is_wrong(&self) -> bool {
        FIELDS.iter().any(|name| self.draft.error(name).is_some())
    }

    /// It lets everything through.
    pub(super) fn is_empty(&self) -> bool {
        FIELDS.iter().all(|name| self.draft.value(name).is_empty())
    }

    /// The fields that receipts know nothing of, and that are set.
    pub(super) fn is_more_than_receipts_know(&self) -> bool {
        ["model", "streamed", "sandbox", "tag"]
            .iter()
            .any(|name| !self.draft.value(name).is_empty())
    }

    /// The address with another value of one field; a change of what is let through begins at the
    /// newest.
    pub(super) fn href(&self, path: &str, name: &str, value: &str) -> String {
        let mut pairs = Vec::new();
        for field in FIELDS.into_iter().chain(["before"]) {
            let value = match field {
                _ if field == name => value.to_owned(),
                "before" => String::new(),
                _ => self.draft.value(field),
            };
            if !value.is_empty() {
                pairs.push((field, value));
            }
        }
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// As answers name it, or as a plain UUID.
pub(super) fn id(typed: &str) -> Option<EventId> {
    let digits = typed.trim().trim_start_matches(EventId::PREFIX).replace('-', "");
    format!("{}{digits}", EventId::PREFIX).parse().ok()
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn tag(draft: &mut Draft) -> Option<Tag> {
    if draft.value("tag").is_empty() { None } else { draft.read("tag") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::read(Some(query), Tz::Europe__Oslo)
    }

    #[test]
    fn an_address_is_read_and_written_back() {
        let query = "project=proj_019203ac000070008000000000000001&model=gpt-4o&outcome=estimated&streamed=yes&sandbox=no&tag=team%3Dsearch&from=2026-11-01&to=2026-11-30";
        let filter = read(query);
        assert!(filter.is_right() && !filter.is_empty());
        let asked = &filter.asked;
        assert_eq!((asked.streamed, asked.sandbox), (Some(true), Some(false)));
        assert_eq!(asked.outcome, Some(Outcome::Estimated));
        assert_eq!(asked.tag, Some("team=search".parse().unwrap()));
        assert_eq!(asked.from.unwrap().to_string(), "2026-10-31 23:00:00 UTC");
        assert_eq!(asked.until.unwrap().to_string(), "2026-11-30 23:00:00 UTC");
        assert_eq!(filter.href("/r", "before", ""), format!("/r?{query}"));
        let other = filter.href("/r", "model", "");
        assert!(!other.contains("model") && other.contains("tag=team%3Dsearch"), "{other}");
        assert_eq!(read("").href("/r", "before", ""), "/r");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        for (query, field) in [
            ("project=x", "project"),
            ("key=proj_019203ac000070008000000000000001", "key"),
            ("outcome=fine", "outcome"),
            ("streamed=1", "streamed"),
            ("tag=team", "tag"),
            ("tag=%3Cb%3E=x", "tag"),
            ("from=yesterday", "from"),
            ("from=1926-11-01", "from"),
            ("to=9999-12-31", "to"),
            ("from=2026-11-02&to=2026-11-01", "to"),
        ] {
            let filter = read(query);
            assert!(filter.draft.error(field).is_some(), "{query}");
            assert!(!filter.is_right(), "{query}");
        }
        assert!(read("outcome=refused&model=%00&before=%ff&&x").is_right());
    }

    #[test]
    fn a_request_is_found_by_its_id_however_it_is_written() {
        let id = "req_0192000000007000800000000000000a";
        for typed in
            [id, "0192000000007000800000000000000a", "01920000-0000-7000-8000-00000000000a"]
        {
            let mut filter = read(&format!("id=+{typed}+"));
            assert_eq!(filter.search().unwrap().to_string(), id, "{typed}");
        }
        for typed in ["req_", "req_x", "org-0192000000007000800000000000000a", "%00"] {
            let mut filter = read(&format!("id={typed}"));
            assert_eq!(filter.search(), None);
            assert!(filter.draft.error("id").is_some(), "{typed}");
        }
    }
}
