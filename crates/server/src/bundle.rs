//! The files that pages load: style, script and mark, compiled in, each under an address that
//! changes with its content, so that browsers may keep them for ever.
//!
//! Knows the files. Must not know the pages that load them.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use holdfast_model::Digest;

use crate::asked::Asked;

/// The folder of the files in addresses. Assets proper are hosts and repositories.
pub(crate) const FOLDER: &str = "/assets-of-console";

/// A file that pages load.
#[derive(Debug)]
pub(crate) struct Bundled {
    /// Its address, with the beginning of its digest.
    pub(crate) path: String,
    media: &'static str,
    text: &'static str,
}

impl Bundled {
    fn new(ending: &str, media: &'static str, text: &'static str) -> Self {
        let digest: String = Digest::of(text.as_bytes()).to_string().chars().take(16).collect();
        Self { path: format!("{FOLDER}/holdfast-{digest}.{ending}"), media, text }
    }
}

static STYLE: LazyLock<Bundled> = LazyLock::new(|| {
    let style =
        concat!(include_str!("../assets/holdfast.css"), include_str!("../assets/journey.css"));
    Bundled::new("css", "text/css; charset=utf-8", style)
});
static SCRIPT: LazyLock<Bundled> = LazyLock::new(|| {
    Bundled::new("js", "text/javascript; charset=utf-8", include_str!("../assets/holdfast.js"))
});
static MARK: LazyLock<Bundled> =
    LazyLock::new(|| Bundled::new("svg", "image/svg+xml", include_str!("../assets/mark.svg")));

pub(crate) fn style() -> &'static Bundled {
    &STYLE
}

pub(crate) fn script() -> &'static Bundled {
    &SCRIPT
}

pub(crate) fn mark() -> &'static Bundled {
    &MARK
}

/// The file of an address; an address of another version of us is not found.
pub(crate) fn file(asked: &Asked) -> Response {
    let found = [style(), script(), mark()].into_iter().find(|file| file.path == asked.path());
    let Some(file) = found else {
        return asked.not_found();
    };
    let kept = "public, max-age=31536000, immutable";
    ([(CONTENT_TYPE, file.media), (CACHE_CONTROL, kept)], file.text).into_response()
}
