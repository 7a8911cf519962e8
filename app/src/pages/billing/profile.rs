//! Between the form and the profile.

use domain::{Email, Name};
use store::BillingProfile;

use super::countries;
use crate::web::{Draft, Member};

const LONGEST_ADDRESS: usize = 500;
const LONGEST_LINE: usize = 60;

/// The form before anything is stored: with what is known, which is often right.
pub(super) fn first(member: &Member) -> Draft {
    Draft::with([
        ("legal_name", member.organization.name.clone()),
        ("email", member.visitor.account.email.to_string()),
    ])
}

/// The form filled with what is stored.
pub(super) fn draft(profile: &BillingProfile) -> Draft {
    Draft::with([
        ("legal_name", profile.legal_name.clone()),
        ("email", profile.email.clone()),
        ("address", profile.address.clone()),
        ("country", profile.country.clone()),
        ("tax_id", profile.tax_id.clone()),
        ("cost_centre", profile.cost_centre.clone()),
    ])
}

/// The profile, or sentences about what is wrong with it.
pub(super) fn read(draft: &mut Draft) -> Option<BillingProfile> {
    let legal_name = draft.read::<Name>("legal_name");
    let email = draft.read::<Email>("email");
    let address = address(draft);
    let country = Some(draft.value("country")).filter(|code| countries::exists(code));
    if country.is_none() {
        draft.refuse("country", "Choose a country from the list.");
    }
    let tax_id = line(draft, "tax_id");
    let cost_centre = line(draft, "cost_centre");
    Some(BillingProfile {
        legal_name: legal_name?.to_string(),
        email: email?.to_string(),
        address: address?,
        country: country?,
        tax_id: tax_id?,
        cost_centre: cost_centre?,
    })
}

/// Several lines; browsers send each line's end as two characters.
fn address(draft: &mut Draft) -> Option<String> {
    let text = draft.value("address").replace("\r\n", "\n");
    let text = text.trim();
    if text.is_empty() {
        draft.refuse("address", "This can’t be empty.");
    } else if text.chars().count() > LONGEST_ADDRESS {
        draft.refuse("address", format!("This is too long: at most {LONGEST_ADDRESS} characters."));
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        draft.refuse("address", "This can’t contain control characters.");
    } else {
        return Some(text.to_owned());
    }
    None
}

/// One line that may be empty.
fn line(draft: &mut Draft, name: &'static str) -> Option<String> {
    let text = draft.value(name);
    let text = text.trim();
    if text.chars().count() > LONGEST_LINE {
        draft.refuse(name, format!("This is too long: at most {LONGEST_LINE} characters."));
    } else if text.chars().any(char::is_control) {
        draft.refuse(name, "This can’t contain line breaks or control characters.");
    } else {
        return Some(text.to_owned());
    }
    None
}
