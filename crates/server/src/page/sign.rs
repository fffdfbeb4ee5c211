//! Signing in, and what is said where there is no page.
//!
//! Knows words. Must not know tokens or sessions.

use maud::{Markup, html};

use super::part::{command, hidden_token};
use super::text::sentence;
use super::{Ctx, shell};

/// What the page of signing in is about.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The secret of a link that a person has still to take with a button.
    pub link: Option<String>,
    /// The page to go on to.
    pub to: String,
    /// The secret that was tried opens nothing.
    pub wrong: bool,
    /// Too many were tried at the same time.
    pub too_many: bool,
}

/// The page at `/sign-in`.
pub fn sign_in(ctx: &Ctx, sign_in: &SignIn) -> Markup {
    let SignIn { link, to, wrong, too_many } = sign_in;
    let error = match (wrong, too_many) {
        (true, _) => {
            Some("This token opens nothing. It may be mistyped, used, or no longer valid.")
        }
        (_, true) => Some("Too many people try to sign in at this moment. Wait a few seconds."),
        _ => None,
    };
    let content = html! {
        h1 { "Sign in" }
        form.sign-in method="post" action="/sign-in" {
            (hidden_token(ctx))
            input type="hidden" name="to" value=(to);
            @if let Some(secret) = link {
                input type="hidden" name="secret" value=(secret);
                p { "This link signs you in once. Go on only if you asked for it." }
            } @else {
                div.field {
                    label for="secret" { "Token" }
                    input #secret type="password" name="secret" required
                        autocomplete="current-password" autocapitalize="off" spellcheck="false"
                        maxlength="200" autofocus aria-invalid=[error.map(|_| "true")]
                        aria-describedby=[error.map(|_| "wrong")];
                    @if let Some(error) = error { p.error #wrong { (error) } }
                }
            }
            button.button.primary type="submit" { "Sign in" }
        }
        @if link.is_none() {
            section.help-text {
                h2 { "Where the token comes from" }
                p {
                    "Whoever started Holdfast sees a link when it starts, which signs in once. "
                    "They can also make a token for you:"
                }
                (command("holdfast token issue NAME"))
            }
        }
    };
    shell::bare(ctx, "Sign in", &content)
}

/// A page that says one thing, and the way on: an address and its words.
pub fn message(ctx: &Ctx, title: &str, text: &str, next: Option<(&str, &str)>) -> Markup {
    let content = html! {
        div.message {
            h1 { (title) }
            p.lead { (sentence(text)) }
            @if let Some((address, words)) = next { p { a.button.primary href=(address) { (words) } } }
        }
    };
    if ctx.person.is_some() {
        shell::page(ctx, title, &content)
    } else {
        shell::bare(ctx, title, &content)
    }
}
