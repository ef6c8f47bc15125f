//! Folds case and accents for the search, and makes usernames of names.

/// Converts to lower case, and takes the accents off Latin letters.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(strip_accent).collect()
}

/// Makes `given.family` in ASCII. A name without any such letter becomes `customer`.
pub(super) fn username(first_name: &str, last_name: &str) -> String {
    let part = |name: &str| fold(name).chars().filter_map(romanize).collect::<String>();
    match (part(first_name), part(last_name)) {
        (first, last) if first.is_empty() && last.is_empty() => "customer".to_owned(),
        (first, last) if last.is_empty() => first,
        (first, last) if first.is_empty() => last,
        (first, last) => format!("{first}.{last}"),
    }
}

fn romanize(character: char) -> Option<&'static str> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    if let Some(position) = LETTERS.find(character) {
        return LETTERS.get(position..=position);
    }
    Some(match character {
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'γ' => "g",
        'д' | 'δ' | 'ð' => "d",
        'е' | 'э' | 'ё' | 'ε' | 'η' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'й' | 'ι' => "i",
        'к' | 'κ' => "k",
        'л' | 'λ' | 'ł' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ω' | 'ø' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' | 'υ' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ы' | 'ъ' | 'ь' => "y",
        'ю' => "yu",
        'я' => "ya",
        'θ' | 'þ' => "th",
        'ξ' => "x",
        'ψ' => "ps",
        'ß' => "ss",
        'æ' => "ae",
        _ => return None,
    })
}

fn strip_accent(character: char) -> char {
    match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ť' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' => 'ι',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ώ' => 'ω',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_given_dot_family_in_ascii() {
        assert_eq!(username("Ada", "Lovelace"), "ada.lovelace");
        assert_eq!(username("Siobhán", "O'Brien"), "siobhan.obrien");
        assert_eq!(username("Björk", "Guðmundsdóttir"), "bjork.gudmundsdottir");
        assert_eq!(username("Ольга", "Ладыженская"), "olyga.ladyzhenskaya");
        assert_eq!(username("Σοφία", "Παπαδοπούλου"), "sofia.papadopoulou");
        assert_eq!(username("花子", "山田"), "customer");
        assert_eq!(username("Prince", ""), "prince");
    }
}
