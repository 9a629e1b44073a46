//! What all pages have in common.

use maud::{DOCTYPE, Markup, html};

use super::texts::{Texts, texts};
use crate::language::Language;

/// The path of the style sheet.
pub(crate) const STYLE_PATH: &str = "/sign-in/style.css";

/// Who speaks to whom.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) language: Language,
    /// The name of the company, or of this program.
    pub(crate) organization: String,
}

impl Look {
    pub(crate) fn texts(&self) -> &'static Texts {
        texts(self.language)
    }
}

/// Something that has to be corrected, with the id of its field, if it is about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) field: Option<&'static str>,
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn of_field(field: &'static str, text: impl Into<String>) -> Self {
        Self { field: Some(field), text: text.into() }
    }

    pub(crate) fn of_all(text: impl Into<String>) -> Self {
        Self { field: None, text: text.into() }
    }
}

/// How wide a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Form,
    Text,
}

/// A whole page. `title` is its heading; `body` what stands under it.
pub(crate) fn page(look: &Look, width: Width, title: &str, problems: &[Problem], body: &Markup) -> Markup {
    let texts = look.texts();
    let class = (width == Width::Text).then_some("wide");
    html! {
        (DOCTYPE)
        html lang=(look.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                // A screen reader says the title first, so it says first that something is wrong.
                title {
                    @if !problems.is_empty() { (texts.something_is_wrong) ": " }
                    (title) " - " (look.organization)
                }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body {
                a.skip href="#content" { (texts.skip_to_content) }
                header class=[class] { (look.organization) }
                main #content class=[class] {
                    h1 { (title) }
                    (problem_list(texts, problems))
                    (body)
                }
                footer class=[class] {
                    nav aria-label=(texts.language) {
                        ul {
                            @for language in Language::ALL {
                                li {
                                    @if language == look.language {
                                        span aria-current="true" lang=(language.tag()) { (language.own_name()) }
                                    } @else {
                                        a href={ "?ui_locales=" (language.tag()) } lang=(language.tag()) hreflang=(language.tag()) {
                                            (language.own_name())
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn problem_list(texts: &Texts, problems: &[Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div.problems role="alert" aria-labelledby="problems" {
                h2 #problems { (texts.something_is_wrong) }
                ul {
                    @for problem in problems {
                        li {
                            @if let Some(field) = problem.field {
                                a href={ "#" (field) } { (problem.text) }
                            } @else {
                                (problem.text)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The problem of a field, beside it, for its `aria-describedby`.
pub(crate) fn field_problem(problems: &[Problem], field: &'static str) -> Markup {
    html! {
        @for problem in problems.iter().filter(|problem| problem.field == Some(field)) {
            p.problem id={ (field) "-problem" } { (problem.text) }
        }
    }
}

/// What describes a field: its hint, and its problem when it has one.
pub(crate) fn described_by(problems: &[Problem], field: &'static str, hint: Option<&'static str>) -> Option<String> {
    let problem = has_problem(problems, field).then(|| format!("{field}-problem"));
    let ids: Vec<String> = hint.map(str::to_owned).into_iter().chain(problem).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

pub(crate) fn has_problem(problems: &[Problem], field: &'static str) -> bool {
    problems.iter().any(|problem| problem.field == Some(field))
}

/// The hidden field that binds a form to the browser it was made for.
pub(crate) fn token_field(token: &str) -> Markup {
    html! { input type="hidden" name="token" value=(token); }
}
