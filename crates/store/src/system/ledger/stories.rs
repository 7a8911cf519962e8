//! How requests went, as rows.

use domain::{EventId, OrgId, ProjectId};
use ledger::Batch;

use super::{arrays::count, rows};

/// A story as its row. On the slow path the project is the event's, whatever is said here.
pub(super) fn row(
    org: OrgId,
    id: EventId,
    project: ProjectId,
    story: &domain::Story,
) -> rows::Story {
    let moments = story.moments;
    rows::Story {
        org_id: org.uuid(),
        id: id.uuid(),
        project_id: project.uuid(),
        endpoint: story.endpoint.clone().into_owned(),
        provider_id: story.provider_id.clone(),
        max_output: story.max_output.map(count),
        choices: count(story.choices),
        stops: story.stops,
        tags: story.tags.iter().map(|tag| tag.to_string()).collect(),
        read_us: count(moments.read),
        asked_us: count(moments.asked),
        admitted_us: count(moments.admitted),
        connected_us: moments.connected.map(count),
        first_byte_us: moments.first_byte.map(count),
        first_token_us: moments.first_token.map(count),
        last_us: count(moments.last),
    }
}

/// Those of a batch's settlements, for the slow path.
pub(super) fn of(batch: &Batch) -> Vec<rows::Story> {
    let told = batch.settlements.iter().filter_map(|settling| {
        let story = settling.settlement.story.as_ref()?;
        Some(row(settling.org, settling.id, ProjectId::NIL, story))
    });
    told.collect()
}
