//! The site is embedded: a file that is new there must compile this crate again.
fn main() {
    println!("cargo::rerun-if-changed=../site");
}
