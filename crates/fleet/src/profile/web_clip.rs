//! `com.apple.webClip.managed`: the help page on the Home screen.

use super::payload::{Names, Payload};

pub(super) fn payload(names: &Names, label: &str, url: &str) -> Payload {
    Payload::new(names, "com.apple.webClip.managed", "help", label)
        .text("Label", label)
        .text("URL", url)
        .flag("IsRemovable", true)
}
