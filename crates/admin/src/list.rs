//! Lists, cut into pages by cursors.

use std::fmt::Display;

use serde::Serialize;

/// Which part of a list.
pub(crate) struct Paging<I> {
    /// What comes after this one.
    pub(crate) after: Option<I>,
    /// What comes before this one.
    pub(crate) before: Option<I>,
    /// At most so many.
    pub(crate) limit: usize,
}

/// In which order of making.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// Part of a list, as this API writes it.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl<T> List<T> {
    /// Rows that are a page already.
    pub(crate) fn new(rows: Vec<(impl Display, T)>, has_more: bool) -> Self {
        let id = |row: Option<&(_, T)>| row.map(|(id, _): &(_, T)| ToString::to_string(id));
        let (first_id, last_id) = (id(rows.first()), id(rows.last()));
        let data = rows.into_iter().map(|(_, row)| row).collect();
        Self { object: "list", data, first_id, last_id, has_more }
    }
}

impl<I: Ord + Copy + Display> Paging<I> {
    /// The page. It is cut by comparing ids, which tell the order of making: a cursor whose object
    /// is gone still holds its place, and what is made meanwhile moves nothing.
    pub(crate) fn cut<R, T>(
        &self,
        rows: impl IntoIterator<Item = R>,
        order: Order,
        id: impl Fn(&R) -> I,
        show: impl Fn(&R) -> T,
    ) -> List<T> {
        let mut rows: Vec<(I, R)> = rows.into_iter().map(|row| (id(&row), row)).collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        if order == Order::NewestFirst {
            rows.reverse();
        }
        let is_past = |id: I, cursor: I| match order {
            Order::OldestFirst => id > cursor,
            Order::NewestFirst => id < cursor,
        };
        rows.retain(|(id, _)| {
            self.after.is_none_or(|after| is_past(*id, after))
                && self.before.is_none_or(|before| is_past(before, *id))
        });
        let has_more = rows.len() > self.limit;
        if has_more && self.before.is_some() && self.after.is_none() {
            // The page before the cursor is the nearest one.
            rows.drain(..rows.len() - self.limit);
        }
        rows.truncate(self.limit);
        List::new(rows.into_iter().map(|(id, row)| (id, show(&row))).collect(), has_more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(after: Option<u32>, before: Option<u32>, order: Order) -> (Vec<u32>, bool) {
        let paging = Paging { after, before, limit: 3 };
        let list = paging.cut([5, 1, 9, 3, 7], order, |id| *id, |id| *id);
        assert_eq!(list.first_id, list.data.first().map(ToString::to_string));
        assert_eq!(list.last_id, list.data.last().map(ToString::to_string));
        (list.data, list.has_more)
    }

    #[test]
    fn pages_follow_each_other_in_either_order() {
        assert_eq!(cut(None, None, Order::OldestFirst), (vec![1, 3, 5], true));
        assert_eq!(cut(Some(5), None, Order::OldestFirst), (vec![7, 9], false));
        assert_eq!(cut(None, None, Order::NewestFirst), (vec![9, 7, 5], true));
        assert_eq!(cut(Some(5), None, Order::NewestFirst), (vec![3, 1], false));
        assert_eq!(cut(Some(9), None, Order::OldestFirst), (vec![], false));
    }

    #[test]
    fn a_cursor_that_is_gone_holds_its_place() {
        assert_eq!(cut(Some(6), None, Order::OldestFirst), (vec![7, 9], false));
        assert_eq!(cut(Some(6), None, Order::NewestFirst), (vec![5, 3, 1], false));
    }

    #[test]
    fn the_page_before_is_the_nearest_one() {
        assert_eq!(cut(None, Some(9), Order::OldestFirst), (vec![3, 5, 7], true));
        assert_eq!(cut(None, Some(5), Order::NewestFirst), (vec![9, 7], false));
        assert_eq!(cut(Some(1), Some(9), Order::OldestFirst), (vec![3, 5, 7], false));
    }
}
