//! The `output` of a rule: `exec by %ka.user.name in %ka.target.namespace`.

use super::field::{self, Operand};
use super::lexer::{Lexer, Wrong};
use crate::event::Field;
use crate::rule::check::Complaint;
use crate::rule::template::{Piece, Template};

/// Reads an output. A field that events do not have is an error, as it is to Falco.
pub fn parse(text: &str) -> Result<Template, Wrong> {
    // A leading asterisk asks that missing fields do no harm, which they never do here.
    let start = text.find(|ch: char| ch != '*').filter(|_| text.starts_with('*')).unwrap_or(0);
    let mut pieces = Vec::new();
    let mut at = start;
    while let Some(sign) = text[at..].find('%') {
        push(&mut pieces, &text[at..at + sign]);
        at += sign + 1;
        match piece(text, at)? {
            Some((piece, end)) => {
                pieces.push(piece);
                at = end;
            }
            None => push(&mut pieces, "%"),
        }
    }
    push(&mut pieces, &text[at..]);
    Ok(Template(pieces))
}

fn push(pieces: &mut Vec<Piece>, more: &str) {
    match pieces.last_mut() {
        _ if more.is_empty() => {}
        Some(Piece::Text(text)) => text.push_str(more),
        _ => pieces.push(Piece::Text(more.to_owned())),
    }
}

/// The field that stands at a place, and where it ends; `None` where there is none.
fn piece(text: &str, at: usize) -> Result<Option<(Piece, usize)>, Wrong> {
    let mut lexer = Lexer::new(&text[at..]);
    if !text[at..].starts_with(|ch: char| ch.is_ascii_alphabetic()) {
        return Ok(None);
    }
    // A full stop behind a field ends the sentence.
    let name = lexer.peek_name().trim_end_matches('.');
    if !name.contains('.') {
        return Ok(None);
    }
    let shift = |wrong: Wrong| Wrong { at: wrong.at.start + at..wrong.at.end + at, ..wrong };
    let name_end = name.len();
    let (argument, end) = match text[at + name_end..].starts_with('[') {
        true => {
            lexer.name();
            let argument = lexer.argument().map_err(shift)?;
            (argument, lexer.read_to())
        }
        false => (None, name_end),
    };
    match field::resolve(name, argument.as_deref()) {
        Ok(operand) => Ok(Some((shown(operand), at + end))),
        Err(Complaint { text, mend }) => Err(Wrong::new(at..at + end, text, mend)),
    }
}

fn shown(operand: Operand) -> Piece {
    match operand {
        Operand::Field { field, list: true } => Piece::All(field),
        Operand::Field { field, list: false } => Piece::One(field),
        // Constants are told; flags have no text of their own.
        Operand::Cases(cases) => match cases.as_slice() {
            [(text, _)] => Piece::Text((*text).to_owned()),
            _ => Piece::Text("<NA>".to_owned()),
        },
        Operand::Moment | Operand::Count => match Field::parse("time") {
            Ok(field) => Piece::One(field),
            Err(_) => Piece::Text("<NA>".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let shown = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::One(field) => format!("<{field}>"),
            Piece::All(field) => format!("<{field}...>"),
        };
        parse(text).unwrap().0.iter().map(shown).collect()
    }

    #[test]
    fn fields_are_told_from_text() {
        assert_eq!(
            parts("*by %ka.user.name. 100% of %ka.user.groups, %jevt.value[/a/0] %evt.source%%x"),
            [
                "by ",
                "<user.username>",
                ". 100% of ",
                "<user.groups...>",
                ", ",
                "<json.a[0]>",
                " ",
                "k8s_audit%%x"
            ]
        );
        assert_eq!(parts("%ka.req.pod.containers.image[1]"), ["<requestObject.spec.containers[1].image>"]);
        assert_eq!(parts(""), Vec::<String>::new());
    }

    #[test]
    fn unknown_fields_are_told_with_their_place() {
        let wrong = parse("ab %proc.name x").unwrap_err();
        assert_eq!((wrong.at, wrong.text.contains("proc.name")), (4..13, true));
        assert_eq!(parse("é %ka.uri.param[x").unwrap_err().at.start, 16);
    }
}
