//! Phonetic names: iOS shows Hiragana, the wire carries Katakana.

const HIRAGANA: std::ops::RangeInclusive<u32> = 0x3041..=0x3096;
const KATAKANA: std::ops::RangeInclusive<u32> = 0x30A1..=0x30F6;
const DISTANCE: u32 = 0x60;

/// Hiragana as Katakana; everything else as it is.
pub fn to_katakana(text: &str) -> String {
    text.chars()
        .map(
            |c| if HIRAGANA.contains(&u32::from(c)) { char::from_u32(u32::from(c) + DISTANCE).unwrap_or(c) } else { c },
        )
        .collect()
}

/// Katakana as Hiragana; everything else as it is.
pub fn to_hiragana(text: &str) -> String {
    text.chars()
        .map(
            |c| if KATAKANA.contains(&u32::from(c)) { char::from_u32(u32::from(c) - DISTANCE).unwrap_or(c) } else { c },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phonetic_names_change_script_on_the_wire_and_back() {
        assert_eq!(to_katakana("やまだ"), "ヤマダ");
        assert_eq!(to_hiragana("ヤマダ Yamada"), "やまだ Yamada");
    }
}
