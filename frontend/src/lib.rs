//! The WebAssembly entry: hydrates the islands, nothing else.
