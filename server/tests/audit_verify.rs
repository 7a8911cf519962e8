//! `exchequer audit verify`, as a person with a file and a mail runs it: no database, no settings.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::{fs, process::Command};

use domain::{
    Actor, AuditId, Caller, OrgId, Origin, Role, UserId,
    audit::{Change, End, Entry, Head, Kind, SignedHead, rows, top},
};
use identity::Secrets;

/// A log, its head, and the file of its export.
struct Log {
    entries: Vec<Entry>,
    head: Head,
    folder: tempfile::TempDir,
}

impl Log {
    fn new(count: u64) -> Self {
        let caller = Caller {
            actor: Actor::User(UserId::generate()),
            org: OrgId::generate(),
            role: Role::Owner,
            origin: Origin::new(Some([192, 0, 2, 7].into()), Some("=SUM(1)")),
        };
        let (mut end, mut entries) = (End::default(), Vec::new());
        let at = "2026-11-24T10:00:00.123456Z".parse().unwrap();
        for number in 0..count {
            let change = Change::new(Kind::ProjectUpdated, format!("proj_{number}")).moved(
                "name",
                "before, “it”",
                format!("after\n{number}"),
            );
            let salts = (0..9).map(|salt| format!("{number} {salt}"));
            let email = Some("ines@example.com".to_owned());
            let entry =
                end.follow(&caller, &change, AuditId::generate(), at, email, salts).unwrap();
            end = End { count: end.count + 1, hash: Some(entry.hash) };
            entries.push(entry);
        }
        let hash = end.hash.unwrap();
        let head =
            Head { org: caller.org, count, hash, at: "2026-11-24T11:00:00Z".parse().unwrap() };
        Self { entries, head, folder: tempfile::tempdir().unwrap() }
    }

    fn signed(&self, secret: &str) -> SignedHead {
        let secrets = Secrets::parse(&secret.repeat(32).into()).unwrap();
        identity::sign_head(&secrets, self.head).unwrap()
    }

    fn file(&self, entries: &[Entry]) -> String {
        top(&self.signed("s")) + &String::from_utf8(rows(entries).unwrap()).unwrap()
    }

    /// What the command says of a file, and its exit code.
    fn verify(&self, file: &str, arguments: &[&str]) -> (String, i32) {
        let path = self.folder.path().join("audit.csv");
        fs::write(&path, file).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_exchequer"))
            .args(["audit", "verify"])
            .arg(&path)
            .args(arguments)
            .env_clear()
            // Not a setting that any other command would start with.
            .env("EXCHEQUER_BIND", "nowhere")
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8(text).unwrap(), output.status.code().unwrap())
    }

    #[track_caller]
    fn finds(&self, file: &str, sentence: &str) {
        let head = self.signed("s").to_string();
        let (said, code) = self.verify(file, &["--head", &head]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(sentence), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_whole_export_is_said_to_be_whole() {
    let mut log = Log::new(10_000);
    let file = log.file(&log.entries);
    let head = log.signed("s");
    let (text, key) = (head.to_string(), head.key_text());
    let (said, code) = log.verify(&file, &["--head", &text, "--key", &key]);
    assert_eq!(
        (said.as_str(), code),
        ("10000 entries, whole up to 24 Nov 2026, 10:00:00 UTC.\n", 0)
    );
    let (said, _) = log.verify(&file, &["--head", &text]);
    assert!(said.contains(&format!("The head is signed with {key}.")), "{said}");
    let (said, code) = log.verify(&file, &["--head", &text, "--json"]);
    assert!(said.starts_with("{\"covered\":10000,\"entries\":10000,"), "{said}");
    assert_eq!(code, 0);
    // A head from before the last entries.
    log.head = Head { count: 9_998, hash: log.entries[9_997].hash, ..log.head };
    let (said, code) = log.verify(&file, &["--head", &log.signed("s").to_string()]);
    assert!(said.contains("The last 2 are newer than the head"), "{said}");
    assert_eq!(code, 0);
    // A person was erased.
    let mut erased = log.entries.clone();
    for entry in &mut erased {
        entry.personal.values_mut().for_each(|value| *value = None);
    }
    let erased = log.file(&erased);
    assert!(!erased.contains("192.0.2.7"));
    let (said, code) = log.verify(&erased, &["--head", &text]);
    let values: usize = log.entries.iter().map(|entry| entry.personal.len()).sum();
    let sentence =
        format!("{values} personal values are not there: erased, or taken out of the file.");
    assert!(values > 10_000 && said.contains(&sentence), "{said}");
    assert_eq!(code, 0);
    // Who hands an export on may take them out, too.
    let mut bare = log.entries.clone();
    for entry in &mut bare {
        entry.personal.clear();
    }
    let (said, _) = log.verify(&log.file(&bare), &["--head", &text, "--json"]);
    assert!(said.contains(&format!("\"personal_values_missing\":{values},")), "{said}");
}

#[test]
fn each_damage_is_named() {
    let log = Log::new(50);
    let file = log.file(&log.entries);
    let lines: Vec<&str> = file.lines().collect();
    let without = |gone: usize| {
        let mut left = lines.clone();
        left.remove(gone);
        left.join("\n") + "\n"
    };
    // Three lines stand above the first entry.
    log.finds(&without(3), "Not whole: entry 1 is not in its place, entry 2 stands there");
    log.finds(&without(30), "Not whole: entry 28 is not in its place");
    log.finds(&without(52), "Not whole: 1 entry is missing at the end.");
    log.finds(&log.file(&log.entries[..41]), "Not whole: 9 entries are missing at the end.");
    log.finds(&log.file(&[]), "Not whole: 50 entries are missing at the end.");
    let edited =
        file.replace("after\\n7\"", "after\\n8\"").replace("after\\n7\"\"", "after\\n8\"\"");
    assert_ne!(edited, file);
    log.finds(&edited, "Not whole: entry 8 was edited");
    let mut swapped = log.entries.clone();
    swapped.swap(10, 20);
    log.finds(
        &log.file(&swapped),
        "Not whole: entry 11 is not in its place, entry 21 stands there",
    );
    let mut twice = log.entries.clone();
    twice.insert(10, log.entries[9].clone());
    log.finds(&log.file(&twice), "Not whole: entry 10 stands there twice");
    log.finds(&file.replacen("192.0.2.7", "192.0.2.8", 1), "entry 1 has another “address”");
    log.finds(
        &file.replacen("project.updated", "project.archived", 1),
        "entry 1 has another “action”",
    );
    log.finds(&file.replacen("\n1,", "\n1\u{0},", 1), "entry 1 has another “seq”");
    log.finds(&format!("{file}51,x\n"), "entry 51 can’t be read");
    log.finds(&file[..file.len() - 40], "entry 50");
    let (said, code) =
        log.verify(&without(30), &["--head", &log.signed("s").to_string(), "--json"]);
    assert!(said.contains("\"damage\":\"missing\",\"entry\":28"), "{said}");
    assert_eq!(code, 1);
}

#[test]
fn what_is_no_export_and_no_head_is_said_so() {
    let log = Log::new(3);
    let file = log.file(&log.entries);
    let head = log.signed("s").to_string();
    log.finds("", "this is no export of an audit log");
    log.finds("a,b\n1,2\n", "this is no export of an audit log");
    let other = Log::new(3);
    log.finds(&other.file(&other.entries), "the head is of org-");
    let (said, code) = log.verify(&file, &["--head", &head[..head.len() - 1]]);
    assert!(said.contains("a head is one line"), "{said}");
    assert_eq!(code, 2);
    let last = if head.ends_with('0') { "1" } else { "0" };
    let (said, code) =
        log.verify(&file, &["--head", &format!("{}{last}", &head[..head.len() - 1])]);
    assert!(said.contains("the head’s signature is wrong"), "{said}");
    assert_eq!(code, 1);
    let key = log.signed("t").key_text();
    let (said, code) = log.verify(&file, &["--head", &head, "--key", &key]);
    assert!(said.contains("the head is signed with another key"), "{said}");
    assert_eq!(code, 1);
    let (said, code) = log.verify(&file, &[]);
    assert!(said.contains("--head"), "{said}");
    assert_eq!(code, 2);
}
