//! Being built.

/// Makes text harmless for a terminal, line by line.
pub fn lines(text: &str) -> String {
    text.chars()
        .map(|ch| {
            if ch == '\n' || !crate::redact::quote::is_hidden(ch) {
                ch.to_string()
            } else {
                ch.escape_unicode().to_string()
            }
        })
        .collect()
}
