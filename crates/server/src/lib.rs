//! The console: server-rendered pages over the desk of the engine.
//!
//! Knows HTTP, HTML and the desk. Must not know the record, files or how anything is found.
