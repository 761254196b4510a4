//! Names as a hurried reader sees them.

/// Writes a text in which what looks alike is alike: lower case, `rn` as `m`, `vv` as `w`, `0` as `o`, `1`, `i` and `|` as `l`,
/// accents off the commonest letters, separators dropped. Cyrillic and Greek letters that look Latin count as Latin.
pub(super) fn write_skeleton(text: &str, out: &mut String) -> bool {
    for c in text.chars().flat_map(char::to_lowercase) {
        match folded(c) {
            None => {}
            Some('n') if out.ends_with('r') => replace_last(out, 'm'),
            Some('v') if out.ends_with('v') => replace_last(out, 'w'),
            Some(c) => out.push(c),
        }
    }
    !out.is_empty()
}

fn replace_last(out: &mut String, c: char) {
    out.pop();
    out.push(c);
}

fn folded(c: char) -> Option<char> {
    Some(match c {
        '0' | 'о' | 'ο' | 'ö' | 'ó' | 'ò' | 'ô' => 'o',
        '1' | 'i' | '|' | 'ı' | 'і' | 'í' | 'ì' | 'ï' | 'ι' => 'l',
        '3' | 'е' | 'é' | 'è' | 'ë' | 'ê' => 'e',
        '5' | 'ѕ' => 's',
        'а' | 'α' | 'ä' | 'á' | 'à' | 'â' | '@' => 'a',
        'с' | 'ç' => 'c',
        'р' | 'ρ' => 'p',
        'х' | 'χ' => 'x',
        'у' => 'y',
        'м' => 'm',
        'т' | 'τ' => 't',
        'ü' | 'ú' | 'ù' => 'u',
        ' ' | '-' | '_' | '.' | '\u{200b}'..='\u{200d}' | '\u{feff}' => return None,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skeleton(text: &str) -> String {
        let mut out = String::new();
        write_skeleton(text, &mut out);
        out
    }

    #[test]
    fn look_alikes_have_one_skeleton() {
        for text in ["Microsoft", "rnicrosoft", "M1crosoft", "micr0soft", "Мicrоsоft", "micro-soft"] {
            assert_eq!(skeleton(text), skeleton("microsoft"), "{text}");
        }
        assert_ne!(skeleton("Contoso"), skeleton("microsoft"));
    }
}
