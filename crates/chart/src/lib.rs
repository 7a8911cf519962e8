//! Series in, SVG out.
