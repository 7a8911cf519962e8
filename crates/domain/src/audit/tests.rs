use std::iter::once;

use chrono::DateTime;

use super::*;
use crate::{Actor, AuditId, Caller, OrgId, Origin, Role, UserId};

/// Salts that need not be random here.
fn salts() -> impl Iterator<Item = String> {
    (0..).map(|number: u64| format!("salt {number}"))
}

fn chain(entries: u64) -> Vec<Entry> {
    let caller = Caller {
        actor: Actor::User(UserId::generate()),
        org: OrgId::generate(),
        role: Role::Owner,
        origin: Origin::new(Some([192, 0, 2, 7].into()), Some("=cmd|'/c calc'!A1")),
    };
    let mut end = End::default();
    (0..entries)
        .map(|number| {
            let change = Change::new(Kind::KeyUpdated, "=1+1")
                .moved("name", number, format!("“{number}”,\n\"quoted\""))
                .personal("email", None::<String>, Some(format!("p{number}@example.com")));
            let at = DateTime::from_timestamp_micros(1_790_000_000_000_000).unwrap();
            let email = Some("ines@example.com".to_owned());
            let entry =
                end.follow(&caller, &change, AuditId::generate(), at, email, salts()).unwrap();
            end = End { count: end.count + 1, hash: Some(entry.hash) };
            entry
        })
        .collect()
}

fn head(entries: &[Entry]) -> Head {
    Head {
        org: OrgId::generate(),
        count: entries.len() as u64,
        hash: entries.last().unwrap().hash,
        at: DateTime::UNIX_EPOCH,
    }
}

fn check<'a>(
    mut chain: Chain,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Whole, Fault> {
    for entry in entries {
        chain.push(entry)?;
    }
    chain.end()
}

fn all(entries: &[Entry], head: Option<Head>) -> Result<Whole, Fault> {
    check(Chain::new(head), entries)
}

/// What is found from a place on, up to which all was in order.
fn found<'a>(chain: &Chain, entries: impl IntoIterator<Item = &'a Entry>) -> (u64, &'static str) {
    let fault = check(chain.clone(), entries).unwrap_err();
    (fault.seq, fault.damage.as_str())
}

#[test]
fn of_ten_thousand_entries_any_that_was_touched_is_named() {
    let (entries, longest) = (chain(10_000), 10_000);
    let head = head(&entries);
    assert_eq!(all(&entries, Some(head)).unwrap().end.count, longest);
    let mut chain = Chain::new(Some(head));
    for (place, entry) in entries.iter().enumerate() {
        let (seq, rest) = (place as u64 + 1, &entries[place + 1..]);
        let last = rest.is_empty();
        let changed = |change: fn(&mut Entry)| {
            let mut changed = entry.clone();
            change(&mut changed);
            changed
        };

        let mut edited = changed(|e| e.body = e.body.replace("updated", "created"));
        assert_eq!(found(&chain, once(&edited).chain(rest)), (seq, "edited"));
        // Its own hash made to fit: what follows no longer does.
        let before = place.checked_sub(1).map(|before| entries[before].hash);
        edited.hash = End { count: place as u64, hash: before }.link(&edited.body);
        let fits = if last { (seq, "rewritten") } else { (seq + 1, "edited") };
        assert_eq!(found(&chain, once(&edited).chain(rest)), fits);

        assert_eq!(found(&chain, rest), (seq, if last { "cut" } else { "missing" }));
        assert_eq!(found(&chain, [entry, entry]), (seq, "repeated"));
        let other = &entries[(place + 4_711) % entries.len()];
        let swapped = if other.read().unwrap().seq > seq {
            (seq, "missing")
        } else {
            (other.read().unwrap().seq, "repeated")
        };
        assert_eq!(found(&chain, [other]), swapped);
        let cut = chain.clone().end().unwrap_err();
        assert_eq!(cut, Fault { seq, damage: Damage::Cut { missing: longest + 1 - seq } });

        let personal = changed(|e| {
            let address = e.personal.get_mut("address").unwrap().as_mut().unwrap();
            address.value = "192.0.2.8".to_owned();
        });
        assert_eq!(found(&chain, [&personal]), (seq, "personal"));
        // Erased is not changed.
        let erased = changed(|e| {
            e.personal.insert("address".to_owned(), None);
            e.personal.remove("agent");
        });
        chain.push(&erased).unwrap();
    }
    assert_eq!(chain.end().unwrap().end.count, longest);
}

#[test]
fn a_chain_written_anew_from_any_place_is_not_the_heads() {
    let entries = chain(100);
    let head = head(&entries[..80]);
    let mut forged = entries.clone();
    let mut end = End { count: 40, hash: Some(entries[39].hash) };
    forged[40].body = forged[40].body.replace("=1+1", "=2+2");
    for entry in &mut forged[40..] {
        entry.hash = end.link(&entry.body);
        end = End { count: end.count + 1, hash: Some(entry.hash) };
    }
    assert!(all(&forged, None).is_ok());
    assert_eq!(found(&Chain::new(Some(head)), &forged), (80, "rewritten"));
    // The export may be longer than the head.
    assert_eq!(all(&entries, Some(head)).unwrap().end.count, 100);
}

#[test]
fn a_hundred_thousand_entries_are_walked() {
    let entries = chain(100_000);
    assert_eq!(all(&entries, Some(head(&entries))).unwrap().last.unwrap().seq, 100_000);
}

fn signed(entries: &[Entry]) -> SignedHead {
    SignedHead { head: head(entries), key: [0xAB; 32], signature: [0x01; 64] }
}

fn file(entries: &[Entry]) -> String {
    let rows = String::from_utf8(rows(entries).unwrap()).unwrap();
    top(&signed(entries)) + &rows
}

fn read(file: &str) -> Result<Vec<Entry>, ExportError> {
    Export::open(file.as_bytes())?.collect()
}

#[test]
fn an_export_is_read_as_it_was_written_and_starts_no_formula() {
    let mut entries = chain(50);
    entries[3].personal.insert("agent".to_owned(), None);
    let file = file(&entries);
    assert_eq!(read(&file).unwrap(), entries);
    assert_eq!(head_of(&file).map(|head| head.head.count), Some(50));
    for cell in file.lines().flat_map(|line| line.split(',')) {
        assert!(!cell.trim_matches('"').starts_with(['=', '+', '-', '@']), "{cell}");
    }
}

#[test]
fn a_column_that_says_something_else_than_the_body_is_found() {
    let file = file(&chain(5));
    let other = file.replacen("api_key.updated", "api_key.deleted", 1);
    let Err(ExportError::Fault(fault)) = read(&other) else { panic!("the column passed") };
    assert_eq!(fault, Fault { seq: 1, damage: Damage::Column { name: "action" } });
    assert!(matches!(read("a,b\n1,2\n"), Err(ExportError::Columns)));
    assert!(matches!(read(""), Err(ExportError::Columns)));
}

#[test]
fn a_head_is_one_line_and_has_one_text() {
    let head = signed(&chain(1));
    let text = head.to_string();
    assert_eq!(text.parse(), Ok(head));
    assert_eq!(format!(" {text}\n").parse(), Ok(head));
    let upper = text.replace("abab", "ABAB");
    for wrong in [&text[1..], &text[..text.len() - 1], &format!("{text}.0"), &upper, "", "."] {
        assert_eq!(wrong.parse::<SignedHead>(), Err(HeadError::Form), "{wrong}");
    }
}
