//! The list of time zones.

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::{components::Choice, labels, web::Draft};

/// All zones by region, UTC first.
pub(super) fn groups() -> Vec<(String, Vec<Choice>)> {
    let mut groups: Vec<(String, Vec<Choice>)> =
        vec![("Universal".to_owned(), vec![Choice::new(labels::UTC, labels::UTC)])];
    let mut others = Vec::new();
    for name in TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| *name != labels::UTC) {
        let Some((region, _)) = name.split_once('/') else {
            others.push(Choice::new(name, name));
            continue;
        };
        let choice = Choice::new(name, name.replace('_', " "));
        match groups.last_mut() {
            Some((last, choices)) if last == region => choices.push(choice),
            _ => groups.push((region.to_owned(), vec![choice])),
        }
    }
    groups.push(("Other names".to_owned(), others));
    groups
}

/// Reads the field `zone`.
pub(super) fn read(draft: &mut Draft) -> Option<Tz> {
    let zone = draft.value("zone").parse().ok();
    if zone.is_none() {
        draft.refuse("zone", "Choose a time zone from the list.");
    }
    zone
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn every_zone_is_offered_once() {
        let groups = groups();
        let mut values: Vec<_> =
            groups.iter().flat_map(|(_, choices)| choices).map(|choice| &choice.value).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), chrono_tz::TZ_VARIANTS.len());
        let mut regions: Vec<_> = groups.iter().map(|(region, _)| region).collect();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!(regions.len(), groups.len());
    }
}
