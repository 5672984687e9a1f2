//! The difference between two texts, line by line: what is gone, what is new, and some lines
//! around.

use serde::Serialize;

/// Lines of a text that are compared; longer ones are cut.
const LINES_MAX: usize = 5000;

/// Cells of the table of common lines: beyond, what differs is shown as one block.
const CELLS_MAX: usize = 4_000_000;

/// Lines that are alike and still shown beside a change.
const AROUND: usize = 3;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `same`, `gone`, `new`, or `skip` for lines alike that are left out.
    kind: &'static str,
    /// Its number in the older text; 0: it is not there.
    old: usize,
    /// Its number in the newer text; 0: it is not there.
    new: usize,
    text: String,
}

/// The lines of both texts in order; empty when they are alike.
pub(super) fn lines(old: &str, new: &str) -> Vec<Line> {
    if old == new {
        return Vec::new();
    }
    let old: Vec<&str> = old.lines().take(LINES_MAX).collect();
    let new: Vec<&str> = new.lines().take(LINES_MAX).collect();
    let pairs = old.iter().zip(&new);
    let head = pairs.take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..], &new[head..]);
    let pairs = a.iter().rev().zip(b.iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    let mut all = Vec::new();
    let same = |old: usize, new: usize, text: &str| Line {
        kind: "same",
        old,
        new,
        text: text.to_owned(),
    };
    for (index, text) in old[..head].iter().enumerate() {
        all.push(same(index + 1, index + 1, text));
    }
    changed(&mut all, (a, b), head);
    for index in 0..tail {
        let (at_old, at_new) = (old.len() - tail + index, new.len() - tail + index);
        all.push(same(at_old + 1, at_new + 1, old[at_old]));
    }
    folded(all)
}

/// The middle, where the texts differ at both ends.
fn changed(all: &mut Vec<Line>, (a, b): (&[&str], &[&str]), head: usize) {
    let table = (a.len().saturating_mul(b.len()) <= CELLS_MAX).then(|| common(a, b));
    let width = b.len() + 1;
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let alike = table.is_some() && i < a.len() && j < b.len() && a[i] == b[j];
        let longer = |table: &Vec<u16>| table[(i + 1) * width + j] >= table[i * width + j + 1];
        if alike {
            all.push(Line {
                kind: "same",
                old: head + i + 1,
                new: head + j + 1,
                text: a[i].to_owned(),
            });
            i += 1;
            j += 1;
        } else if i < a.len() && (j == b.len() || table.as_ref().is_none_or(longer)) {
            all.push(Line {
                kind: "gone",
                old: head + i + 1,
                new: 0,
                text: a[i].to_owned(),
            });
            i += 1;
        } else {
            all.push(Line {
                kind: "new",
                old: 0,
                new: head + j + 1,
                text: b[j].to_owned(),
            });
            j += 1;
        }
    }
}

/// How many lines the rests of two texts have in common, from each pair of places on.
fn common(a: &[&str], b: &[&str]) -> Vec<u16> {
    let width = b.len() + 1;
    let mut table = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = match a[i] == b[j] {
                true => table[(i + 1) * width + j + 1] + 1,
                false => table[(i + 1) * width + j].max(table[i * width + j + 1]),
            };
        }
    }
    table
}

/// Leaves out what is alike and far from every change.
fn folded(all: Vec<Line>) -> Vec<Line> {
    let near = |index: usize| {
        let from = index.saturating_sub(AROUND);
        let to = (index + AROUND + 1).min(all.len());
        all[from..to].iter().any(|line| line.kind != "same")
    };
    let mut shown: Vec<Line> = Vec::new();
    let mut skipped = 0;
    for (index, line) in all.iter().enumerate() {
        if !near(index) {
            skipped += 1;
            continue;
        }
        shown.extend(skip(&mut skipped));
        shown.push(line.clone());
    }
    shown.extend(skip(&mut skipped));
    shown
}

fn skip(skipped: &mut usize) -> Option<Line> {
    let text = match std::mem::take(skipped) {
        0 => return None,
        1 => "1 line alike".to_owned(),
        count => format!("{count} lines alike"),
    };
    Some(Line {
        kind: "skip",
        old: 0,
        new: 0,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        let shown = lines(old, new);
        let line = |line: &Line| format!("{} {} {} {}", line.kind, line.old, line.new, line.text);
        shown.iter().map(line).collect()
    }

    #[test]
    fn a_difference_shows_what_is_gone_and_new_and_a_little_around() {
        let old = "1\n2\n3\n4\n5\nold\n7\n8\n9\n10\n11";
        let new = "1\n2\n3\n4\n5\nnew\nmore\n7\n8\n9\n10\n11";
        assert_eq!(
            told(old, new),
            [
                "skip 0 0 2 lines alike",
                "same 3 3 3",
                "same 4 4 4",
                "same 5 5 5",
                "gone 6 0 old",
                "new 0 6 new",
                "new 0 7 more",
                "same 7 8 7",
                "same 8 9 8",
                "same 9 10 9",
                "skip 0 0 2 lines alike",
            ]
        );
        assert!(told(old, old).is_empty());
    }

    #[test]
    fn lines_between_changes_are_found_again_and_ends_may_be_empty() {
        assert_eq!(
            told("a\nkeep\nb", "x\nkeep\ny"),
            [
                "gone 1 0 a",
                "new 0 1 x",
                "same 2 2 keep",
                "gone 3 0 b",
                "new 0 3 y"
            ]
        );
        assert_eq!(told("", "a"), ["new 0 1 a"]);
        assert_eq!(told("a", ""), ["gone 1 0 a"]);
    }

    #[test]
    fn long_texts_without_a_line_in_common_end_in_time() {
        let text = |word: &str| {
            (0..6000)
                .map(|n| format!("{word}{n}\n"))
                .collect::<String>()
        };
        let shown = lines(&text("a"), &text("b"));
        assert_eq!(shown.len(), 2 * LINES_MAX);
    }
}
