//! What is shown where there is no page, or no form.

use crate::web::Failure;

pub(super) async fn show() -> Failure {
    Failure::NotFound
}

pub(super) async fn no_method() -> Failure {
    Failure::NoMethod
}
