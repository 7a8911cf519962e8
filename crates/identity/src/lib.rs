//! Who somebody is: passwords, sessions, throttles, one-time links.
//!
//! Pages call the functions of this crate with a [`store::Store`] and the request's session; what
//! they answer is fit to be shown. Nothing here tells a stranger whether an address has an account.

mod api_key;
mod audit_head;
mod body;
mod change;
mod code;
mod deletion;
mod device;
mod devices;
mod email;
mod hashing;
mod invitation;
mod link;
mod log_in;
mod mail_path;
mod password;
mod reset;
mod seal;
mod second_factor;
mod secrets;
mod session;
mod session_store;
mod set_up;
mod sign_up;
mod step_up;
mod throttle;
mod verify;

pub use api_key::{MintedKey, NoRandomness, is_key};
pub use audit_head::{SignError, audit_key, audit_keys, check_head, sign_head};
pub use body::{open_body, seal_body};
pub use change::change_password;
pub use code::CodeError;
pub use deletion::delete_account;
pub use device::Device;
pub use devices::{end_other_sessions, end_session, sessions};
pub use email::{ask_email_change, change_email, finish_email_change};
pub use invitation::{Invited, Way, accept, invitation, invitation_path, join};
pub use link::{is_link_token, link_token};
pub use log_in::{LogInError, LoggedIn, SecondStepError, awaits_code, log_in, log_in_with_code};
pub use mail_path::mail_path;
pub use password::{NewPassword, Password, PasswordError};
pub use reset::{ResetError, ask_reset, reset_link, reset_password};
pub use second_factor::{
    Enrolment, FactorError, begin_second_factor, confirm_second_factor, enrolment,
    remove_second_factor, renew_recovery_codes,
};
pub use secrets::{Purpose, Secrets, SecretsError};
pub use session::{current_user, log_out, session_layer};
pub use session_store::Sessions;
pub use set_up::{SetUpError, is_setup_token, set_up, setup_token};
pub use sign_up::{Person, SignUpError, SignedUp, create_user, sign_up};
pub use step_up::{Proof, ProveError, proof, prove};
pub use throttle::{AskError, seconds};
pub use verify::{VerifyError, ask_verification, verification_of, verify_email};
