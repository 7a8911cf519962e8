//! The parts that pages are made of: pure, props in and markup out, one file a part.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]
#![expect(clippy::needless_pass_by_value, reason = "a component owns its props")]

mod badge;
mod button;
mod card;
mod chip;
mod course;
mod dialog;
mod empty;
mod errors;
mod field;
mod icon;
mod limit;
mod link;
mod meter;
mod money;
mod notice;
mod numbers;
mod pager;
mod pick;
mod plot;
mod qr;
mod receipt;
mod rows;
mod secret;
mod seg;
mod select;
mod series;
mod stats;
mod table;
mod text_area;
mod time;
mod tone;

pub use badge::Badge;
pub use button::{Button, LinkButton, PostButton, Weight};
pub use card::{Card, CardBody, CardFoot};
pub use chip::{AddChip, Chip};
pub use course::{CourseLegend, CoursePlot, Trend};
pub use dialog::DialogPage;
pub use empty::Empty;
pub use errors::{ErrorSummary, Errors};
pub use field::{AmountField, Field, id_of};
pub use icon::{Glyph, Icon};
pub use limit::{Limit, LimitRow};
pub use link::Link;
pub use meter::{Meter, MeterLegend, Reading};
pub use money::{Money, Shown, usd, usd_display, usd_fine};
pub use notice::Notice;
pub use numbers::{Count, Tokens, change, count, share, tokens};
pub use pager::Pager;
pub use pick::{Group, Knob, Tick};
pub use plot::Plot;
pub use qr::Qr;
pub use receipt::{Receipt, Sum, SumLine};
pub use rows::{Row, Step};
pub use secret::{Id, Secret, Snippet};
pub use seg::{Seg, Tabs};
pub use select::{Choice, GroupedSelect, Select};
pub use series::{Legend, Named, Swatch};
pub use stats::{Fact, Facts, Stat, Stats};
pub use table::{Column, Narrow, Table};
pub use text_area::TextArea;
pub use time::{Precision, Time, ago, days_text, time_text};
pub use tone::Tone;
