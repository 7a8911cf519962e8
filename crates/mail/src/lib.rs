//! Mail: templates and parameters in, MIME and SMTP out.
//!
//! [`render`] makes a text and an HTML version of an outbox row, without I/O. [`Mailer`] hands it to
//! an SMTP server and tells three failures apart, because each asks for something else: what may be
//! tried again, what never will be taken, and what the server may have though it never said so.

mod account;
mod alert;
mod audit_head;
mod compose;
mod drift;
mod error;
mod invitation;
mod job_alarm;
mod leaked;
mod letter;
mod mailer;
mod membership;
mod picture;
mod report;
mod server;
mod test_alert;
mod tier;
mod words;

pub use alert::facts::Facts;
pub use error::{MailerError, RenderError, SendError};
pub use letter::{Around, Rendered, render};
pub use mailer::{Mailer, Message};
pub use picture::Picture;
pub use report::Reported;
