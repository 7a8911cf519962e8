//! Rollups that keep some of the dimensions, and which of them answers a question.

use domain::{Action, Caller};

use crate::slices::{Ask, Dimension, Grain};

/// A rollup that keeps these dimensions, as `exq_shapes` lists them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) number: i16,
    grain: Grain,
    keeps: &'static [Dimension],
}

use Dimension::{Key, Member, Model, Project, Tag};

/// Those that have the fewest rows first.
const SHAPES: [Shape; 10] = [
    Shape { number: 6, grain: Grain::Days, keeps: &[] },
    Shape { number: 2, grain: Grain::Days, keeps: &[Model] },
    Shape { number: 1, grain: Grain::Days, keeps: &[Project] },
    Shape { number: 5, grain: Grain::Days, keeps: &[Member] },
    Shape { number: 4, grain: Grain::Days, keeps: &[Project, Key, Member] },
    Shape { number: 3, grain: Grain::Days, keeps: &[Project, Model] },
    Shape { number: 13, grain: Grain::Quarters, keeps: &[] },
    Shape { number: 12, grain: Grain::Quarters, keeps: &[Model] },
    Shape { number: 11, grain: Grain::Quarters, keeps: &[Project] },
    Shape { number: Shape::BY_KEY, grain: Grain::Quarters, keeps: &[Project, Key, Member] },
];

impl Shape {
    /// The one that there is over hours and longer spans alone: what is finer is read from quarters, which keep all.
    pub(crate) const BY_KEY: i16 = 14;

    /// It has few rows for each stretch of time.
    pub(crate) fn is_small(&self) -> bool {
        self.keeps.len() < 2
    }

    /// The smallest rollup that answers the question; none if only one with all dimensions does. Who
    /// does not see the whole organization sees what keeps the project.
    pub(crate) fn of(caller: &Caller, ask: &Ask<'_>) -> Option<&'static Self> {
        let sees_whole = caller.may(Action::SeeWhole).is_ok();
        SHAPES.iter().find(|shape| {
            shape.grain == ask.grain
                && (sees_whole || shape.keeps.contains(&Project))
                && Dimension::ALL
                    .iter()
                    .all(|dimension| !ask.needs(*dimension) || shape.keeps.contains(dimension))
        })
    }
}

impl Ask<'_> {
    /// Whether the answer depends on a dimension.
    pub(crate) fn needs(&self, dimension: Dimension) -> bool {
        let only = self.only;
        self.by.contains(&dimension)
            || match dimension {
                Project => !only.projects.is_empty(),
                Key => !only.keys.is_empty(),
                Model => !only.models.is_empty(),
                Member => !only.members.is_empty(),
                Tag => only.tag.is_some(),
            }
    }
}
