//! The page where there is none.

use crate::web::Failure;

pub(super) async fn show() -> Failure {
    Failure::NotFound
}
