//! A trend in a table's cell.

/// The `d` of a path in a box of 100 × 24 that shows how the values go, from 0 at the bottom to the
/// highest at the top. Nothing for fewer than two values.
pub fn spark(values: &[i128]) -> Option<String> {
    let last = i128::try_from(values.len().checked_sub(1)?).ok().filter(|last| *last > 0)?;
    let most = values.iter().copied().max().unwrap_or(0).clamp(1, i128::MAX / 1_000);
    let point = |(place, value): (i128, &i128)| {
        let y = 220 - 200 * (*value).clamp(0, most) / most;
        format!("{} {}.{}", place * 100 / last, y / 10, y % 10)
    };
    let points: Vec<_> = (0..).zip(values).map(point).collect();
    Some(format!("M{}", points.join("L")))
}

#[cfg(test)]
mod tests {
    use super::spark;

    #[test]
    fn goes_from_corner_to_corner() {
        assert_eq!(spark(&[0, 5, 10]).as_deref(), Some("M0 22.0L50 12.0L100 2.0"));
        assert_eq!(spark(&[0, 0]).as_deref(), Some("M0 22.0L100 22.0"));
        assert_eq!(spark(&[7]), None);
    }
}
