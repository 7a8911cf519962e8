//! Parts of long lists, cut by the database.

use uuid::Uuid;

/// Which part of a list is asked for. Lists are in order of ids, which is the order of making, so a
/// part is found by comparing ids: what is made or removed between two parts moves nothing, and a
/// cursor whose object is gone still holds its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<I> {
    /// What comes after this one.
    pub after: Option<I>,
    /// What comes before this one; without `after` those next to it.
    pub before: Option<I>,
    /// The newest first, else the oldest.
    pub newest_first: bool,
    /// At most so many.
    pub limit: u16,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T> {
    /// In the order that was asked for.
    pub rows: Vec<T>,
    /// There are more in the direction that was asked for.
    pub more: bool,
}

impl<I: Into<Uuid> + Copy> Page<I> {
    /// Ids must lie between these two.
    pub(crate) fn bounds(&self) -> (Uuid, Uuid) {
        let (low, high) =
            if self.newest_first { (self.before, self.after) } else { (self.after, self.before) };
        (low.map_or(Uuid::nil(), Into::into), high.map_or(Uuid::max(), Into::into))
    }

    /// Read from the newest on: the part before a cursor is read towards the beginning.
    pub(crate) const fn falls(&self) -> bool {
        self.newest_first != self.is_backwards()
    }

    const fn is_backwards(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }

    /// One more than is wanted, which tells whether there are more.
    pub(crate) fn most(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The ids in the order that was asked for, and whether there are more.
    pub(crate) fn cut(&self, mut ids: Vec<Uuid>) -> Part<Uuid> {
        let more = ids.len() > usize::from(self.limit);
        ids.truncate(self.limit.into());
        if self.is_backwards() {
            ids.reverse();
        }
        Part { rows: ids, more }
    }
}

impl Part<Uuid> {
    /// The rows behind the ids, which were read in whatever order.
    pub(crate) fn filled<T>(self, rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Part<T> {
        let mut rows = rows;
        let place = |row: &T| self.rows.iter().position(|known| *known == id(row));
        rows.sort_by_cached_key(place);
        Part { rows, more: self.more }
    }
}

/// The ids of a [`Page`] of a table: `$id` of the rows of `$from`, which says `… WHERE …` with the
/// organization as `$1` and its own arguments from `$6` on. Either branch is an index's order; the
/// one that is not wanted is not run.
macro_rules! page_of {
    ($tx:expr, $caller:expr, $page:expr, $id:literal, $from:literal $(, $argument:expr)* $(,)?) => {{
        let (low, high) = $page.bounds();
        let ids = sqlx::query_scalar!(
            r#"(SELECT "# + $id + r#" AS "id!" FROM "# + $from + " AND " + $id + " > $2 AND " + $id + " < $3
                AND NOT $5 ORDER BY 1 LIMIT $4) UNION ALL
             (SELECT " + $id + " FROM " + $from + " AND " + $id + " > $2 AND " + $id + " < $3
                AND $5 ORDER BY 1 DESC LIMIT $4)",
            $caller.org.uuid(),
            low,
            high,
            $page.most(),
            $page.falls()
            $(, $argument)*
        )
        .fetch_all(&mut **$tx)
        .await?;
        $page.cut(ids)
    }};
}

pub(crate) use page_of;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    /// As the statement does it.
    fn cut(after: Option<u128>, before: Option<u128>, newest_first: bool) -> (Vec<u128>, bool) {
        let page = Page { after: after.map(id), before: before.map(id), newest_first, limit: 3 };
        let (low, high) = page.bounds();
        let mut ids: Vec<_> =
            [1, 3, 5, 7, 9].map(id).into_iter().filter(|id| low < *id && *id < high).collect();
        if page.falls() {
            ids.reverse();
        }
        ids.truncate(usize::try_from(page.most()).unwrap());
        let part = page.cut(ids);
        (part.rows.into_iter().map(|id| id.as_u128()).collect(), part.more)
    }

    #[test]
    fn pages_follow_each_other_in_either_order() {
        assert_eq!(cut(None, None, false), (vec![1, 3, 5], true));
        assert_eq!(cut(Some(5), None, false), (vec![7, 9], false));
        assert_eq!(cut(None, None, true), (vec![9, 7, 5], true));
        assert_eq!(cut(Some(5), None, true), (vec![3, 1], false));
        assert_eq!(cut(Some(9), None, false), (vec![], false));
    }

    #[test]
    fn a_cursor_that_is_gone_holds_its_place() {
        assert_eq!(cut(Some(6), None, false), (vec![7, 9], false));
        assert_eq!(cut(Some(6), None, true), (vec![5, 3, 1], false));
    }

    #[test]
    fn the_page_before_is_the_nearest_one() {
        assert_eq!(cut(None, Some(9), false), (vec![3, 5, 7], true));
        assert_eq!(cut(None, Some(5), true), (vec![9, 7], false));
        assert_eq!(cut(Some(1), Some(9), false), (vec![3, 5, 7], false));
    }

    #[test]
    fn rows_stand_as_their_ids_do() {
        let part = Part { rows: vec![id(7), id(3), id(5)], more: true };
        let filled = part.filled(vec![3, 5, 7], |row| id(*row));
        assert_eq!(filled, Part { rows: vec![7, 3, 5], more: true });
    }
}
