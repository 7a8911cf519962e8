//! The WebAssembly entry: hydrates the islands, nothing else.

// Without this the linker leaves the islands out.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page before its islands are made.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
