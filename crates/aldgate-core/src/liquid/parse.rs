//! From pieces to a tree.

use serde_json::Value;

use super::lex::{Piece, Placed, Word, pieces, words};
use super::{Comparison, Condition, Filter, LiquidError, Node, Operand, Output};
use crate::body::closest;

/// The deepest nesting of tags.
const DEPTH_MAX: usize = 20;
/// The most pieces of a template.
const PIECES_MAX: usize = 10_000;
/// The most conditions joined in one tag.
const CONDITIONS_MAX: usize = 50;
/// The longest path to a value.
const PATH_MAX: usize = 10;

const TAGS: [&str; 5] = ["assign", "case", "comment", "if", "unless"];

pub(super) fn template(source: &str) -> Result<Vec<Node>, LiquidError> {
    let pieces = pieces(source)?;
    if pieces.len() > PIECES_MAX {
        let problem = format!("more than {PIECES_MAX} pieces");
        return Err(LiquidError { line: 1, problem });
    }
    let mut parser = Parser { pieces, at: 0 };
    let (nodes, end) = parser.block(&[], 0)?;
    match end {
        None => Ok(nodes),
        Some((line, tag, _)) => Err(error(line, format!("{tag} belongs to no open tag"))),
    }
}

struct Parser<'a> {
    pieces: Vec<Placed<'a>>,
    at: usize,
}

/// The tag that ended a block: its line, name and arguments.
type End<'a> = (usize, &'a str, &'a str);

impl<'a> Parser<'a> {
    /// Nodes up to one of the tags `ends`, or to the end of the template.
    fn block(
        &mut self,
        ends: &[&str],
        depth: usize,
    ) -> Result<(Vec<Node>, Option<End<'a>>), LiquidError> {
        let mut nodes = Vec::new();
        while let Some((line, piece)) = self.pieces.get(self.at) {
            self.at += 1;
            let line = *line;
            match *piece {
                Piece::Text("") => {}
                Piece::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Piece::Output(inside) => {
                    let output = output_of(inside).map_err(|problem| error(line, problem))?;
                    nodes.push(Node::Output(output));
                }
                Piece::Tag(inside) => {
                    let (name, rest) = inside
                        .split_once(char::is_whitespace)
                        .unwrap_or((inside, ""));
                    if ends.contains(&name) {
                        return Ok((nodes, Some((line, name, rest))));
                    }
                    if depth >= DEPTH_MAX {
                        return Err(error(line, format!("more than {DEPTH_MAX} tags inside")));
                    }
                    self.tag((line, name, rest), depth, &mut nodes)?;
                }
            }
        }
        Ok((nodes, None))
    }

    fn tag(
        &mut self,
        (line, name, rest): End<'a>,
        depth: usize,
        nodes: &mut Vec<Node>,
    ) -> Result<(), LiquidError> {
        let at = |problem| error(line, problem);
        match name {
            "assign" => {
                let problem = || at("expected: assign name = value".to_owned());
                let (variable, value) = rest.split_once('=').ok_or_else(problem)?;
                let output = output_of(value).map_err(at)?;
                nodes.push(Node::Assign(variable.trim().to_owned(), output));
            }
            "comment" => {
                let (_, end) = self.block(&["endcomment"], depth + 1)?;
                if end.is_none() {
                    return Err(at("comment is never closed by endcomment".into()));
                }
            }
            "if" | "unless" => nodes.push(self.branches(line, name, rest, depth)?),
            "case" => nodes.push(self.case(line, rest, depth)?),
            "else" | "elsif" | "when" | "endif" | "endunless" | "endcase" | "endcomment" => {
                return Err(at(format!("{name} belongs to no open tag")));
            }
            _ => {
                let near = closest(name, &TAGS).map(|near| format!("; did you mean {near}?"));
                return Err(at(format!(
                    "the tag {name} is not known; there are {}{}",
                    TAGS.join(", "),
                    near.unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn branches(
        &mut self,
        line: usize,
        name: &str,
        rest: &str,
        depth: usize,
    ) -> Result<Node, LiquidError> {
        let at = |problem| error(line, problem);
        let first = condition(rest).map_err(at)?;
        let mut condition_now = match name {
            "unless" => Condition::Not(Box::new(first)),
            _ => first,
        };
        let end_name = if name == "unless" {
            "endunless"
        } else {
            "endif"
        };
        let ends = ["elsif", "else", end_name];
        let mut branches = Vec::new();
        loop {
            let (nodes, end) = self.block(&ends, depth + 1)?;
            branches.push((condition_now, nodes));
            condition_now = match end {
                Some((line, "elsif", rest)) => condition(rest).map_err(|p| error(line, p))?,
                Some((_, "else", _)) => Condition::Always,
                Some(_) => return Ok(Node::Branches(branches)),
                None => return Err(at(format!("{name} is never closed by {end_name}"))),
            };
        }
    }

    fn case(&mut self, line: usize, rest: &str, depth: usize) -> Result<Node, LiquidError> {
        let at = |problem| error(line, problem);
        let subject = operand_alone(rest).map_err(at)?;
        let ends = ["when", "else", "endcase"];
        let mut branches = Vec::new();
        // What stands before the first `when` is dropped, as Liquid does.
        let (_, mut end) = self.block(&ends, depth + 1)?;
        loop {
            let now = match end {
                Some((line, "when", rest)) => {
                    let value = operand_alone(rest).map_err(|problem| error(line, problem))?;
                    Condition::Compare(subject.clone(), Comparison::Equal, value)
                }
                Some((_, "else", _)) => Condition::Always,
                Some(_) => return Ok(Node::Branches(branches)),
                None => return Err(at("case is never closed by endcase".into())),
            };
            let (nodes, next) = self.block(&ends, depth + 1)?;
            branches.push((now, nodes));
            end = next;
        }
    }
}

/// `value | filter: argument, argument | filter`.
fn output_of(inside: &str) -> Result<Output, String> {
    let words = words(inside)?;
    let mut parts = words.split(|word| *word == Word::Sign("|"));
    let value = match parts.next() {
        Some([word]) => operand(word)?,
        _ => return Err(format!("expected one value: {inside}")),
    };
    let mut filters = Vec::new();
    for part in parts {
        let (name, arguments) = match part {
            [Word::Name(name)] => (*name, &[][..]),
            [Word::Name(name), Word::Sign(":"), arguments @ ..] => (*name, arguments),
            _ => return Err(format!("expected a filter after |: {inside}")),
        };
        let known = Filter::ALL.iter().find(|(known, ..)| *known == name);
        let Some((_, filter, wanted)) = known else {
            let names = Filter::ALL.map(|(name, ..)| name).join(", ");
            return Err(format!("the filter {name} is not known; there are {names}"));
        };
        let given = arguments
            .split(|word| *word == Word::Sign(","))
            .filter(|argument| !argument.is_empty())
            .map(|argument| match argument {
                [word] => operand(word),
                _ => Err(format!("expected one value as argument of {name}")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if given.len() < *wanted || given.len() > 2 {
            return Err(format!("the filter {name} wants {wanted} arguments"));
        }
        filters.push((*filter, given));
    }
    Ok(Output { value, filters })
}

/// Conditions joined by `and` and `or`, from the right, as Liquid does.
fn condition(text: &str) -> Result<Condition, String> {
    let words = words(text)?;
    let joints = words
        .iter()
        .filter(|word| matches!(word, Word::Name("and" | "or")));
    if joints.count() > CONDITIONS_MAX {
        return Err(format!("more than {CONDITIONS_MAX} conditions in one tag"));
    }
    joined(&words)
}

fn joined(words: &[Word<'_>]) -> Result<Condition, String> {
    let joint = words
        .iter()
        .position(|word| matches!(word, Word::Name("and" | "or")));
    let Some(at) = joint else {
        return single(words);
    };
    let left = Box::new(single(&words[..at])?);
    let right = Box::new(joined(&words[at + 1..])?);
    Ok(match words[at] {
        Word::Name("and") => Condition::And(left, right),
        _ => Condition::Or(left, right),
    })
}

fn single(words: &[Word<'_>]) -> Result<Condition, String> {
    match words {
        [value] => Ok(Condition::Holds(operand(value)?)),
        [left, middle, right] => {
            let comparison = match middle {
                Word::Sign("==") => Comparison::Equal,
                Word::Sign("!=" | "<>") => Comparison::Different,
                Word::Sign("<") => Comparison::Less,
                Word::Sign(">") => Comparison::Greater,
                Word::Sign("<=") => Comparison::AtMost,
                Word::Sign(">=") => Comparison::AtLeast,
                Word::Name("contains") => Comparison::Contains,
                _ => return Err("expected ==, !=, <, >, <=, >= or contains".to_owned()),
            };
            Ok(Condition::Compare(
                operand(left)?,
                comparison,
                operand(right)?,
            ))
        }
        _ => Err("expected a value, or two values and a comparison between".to_owned()),
    }
}

fn operand_alone(text: &str) -> Result<Operand, String> {
    match words(text)?.as_slice() {
        [word] => operand(word),
        _ => Err(format!("expected one value: {text}")),
    }
}

fn operand(word: &Word<'_>) -> Result<Operand, String> {
    match word {
        Word::Text(text) => Ok(Operand::Literal((*text).into())),
        Word::Number(number) => Ok(Operand::Literal((*number).into())),
        Word::Name("true") => Ok(Operand::Literal(true.into())),
        Word::Name("false") => Ok(Operand::Literal(false.into())),
        Word::Name("nil" | "null") => Ok(Operand::Literal(Value::Null)),
        Word::Name("empty" | "blank") => Ok(Operand::Empty),
        Word::Name(path) => path_of(path).map(Operand::Path),
        Word::Sign(sign) => Err(format!("expected a value, found {sign}")),
    }
}

/// `user.name` and `user['name']`.
fn path_of(text: &str) -> Result<Vec<String>, String> {
    let flat = text.replace(']', "").replace('[', ".");
    let parts: Vec<String> = flat
        .split('.')
        .map(|part| part.trim_matches(['\'', '"']).to_owned())
        .collect();
    if parts.len() > PATH_MAX || parts.iter().any(String::is_empty) {
        return Err(format!("{text} is no path to a value"));
    }
    Ok(parts)
}

fn error(line: usize, problem: String) -> LiquidError {
    LiquidError { line, problem }
}
