//! The only module with `unsafe`: vector instructions for scanning bytes.
//!
//! Code that scans is written once, as a [`Task`] over a [`Scanner`], and compiled for each instruction set;
//! [`best`] runs it with the best one that this CPU has. The portable scanner serves every other CPU and is
//! tested against the others on all of them.

mod scan;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use scan::{Escape, Masks, Needle, Portable, Scanner};

/// Work that is compiled once for each kind of scanner. Everything `run` calls must be inlined into it.
pub trait Task {
    type Out;

    fn run<S: Scanner>(self, scanner: S) -> Self::Out;
}

/// Runs the task with the best scanner of this CPU.
#[inline]
pub fn best<T: Task>(task: T) -> T::Out {
    #[cfg(target_arch = "x86_64")]
    {
        x86::best(task)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        task.run(Portable)
    }
}

/// Runs the task with every scanner that this CPU has, so that tests can compare them.
pub fn each<T: Task + Clone>(task: T) -> Vec<T::Out> {
    let mut all = vec![task.clone().run(Portable)];
    #[cfg(target_arch = "x86_64")]
    all.extend(x86::each(task));
    all
}

#[derive(Clone)]
struct StringEnd<'a>(&'a [u8], usize);

impl Task for StringEnd<'_> {
    type Out = Option<usize>;

    #[inline(always)]
    fn run<S: Scanner>(self, scanner: S) -> Option<usize> {
        scanner.string_end(self.0, self.1)
    }
}

mod map;

pub use map::Map;

/// Index of the quote that closes the string whose content begins at `at`.
pub fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    best(StringEnd(bytes, at))
}

#[derive(Clone)]
struct ContainerEnd<'a> {
    bytes: &'a [u8],
    at: usize,
    in_line: bool,
}

impl Task for ContainerEnd<'_> {
    type Out = Option<usize>;

    #[inline(always)]
    fn run<S: Scanner>(self, scanner: S) -> Option<usize> {
        scanner.container_end(self.bytes, self.at, self.in_line, &mut 0)
    }
}

/// Index after the bracket that closes the one at `at`. Kinds of brackets are not told apart.
pub fn container_end(bytes: &[u8], at: usize) -> Option<usize> {
    best(ContainerEnd { bytes, at, in_line: false })
}

/// Where the JSON value that begins at `at` ends; `None` where there is none, or its end is not there.
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at + 1).map(|end| end + 1),
        b'{' | b'[' => container_end(bytes, at),
        b'}' | b']' | b':' | b',' => None,
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            Some(bytes[at..].iter().position(ends).map_or(bytes.len(), |len| at + len))
        }
    }
}

#[derive(Clone)]
struct FindFolded<'a>(&'a [u8], usize, &'a Needle);

impl Task for FindFolded<'_> {
    type Out = Option<usize>;

    #[inline(always)]
    fn run<S: Scanner>(self, scanner: S) -> Option<usize> {
        scanner.find_folded(self.0, self.1, self.2)
    }
}

/// First place at or after `at` where the needle stands in any case of its ASCII letters.
pub fn find_folded(bytes: &[u8], at: usize, needle: &Needle) -> Option<usize> {
    best(FindFolded(bytes, at, needle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One byte after the other. A backslash takes the meaning of a quote behind it, wherever it stands.
    fn naive_end(bytes: &[u8], at: usize) -> Option<usize> {
        let (mut depth, mut in_string, mut escaped) = (0, false, false);
        for (at, byte) in bytes.iter().enumerate().skip(at) {
            match byte {
                b'"' if !escaped => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at + 1);
            }
            escaped = *byte == b'\\' && !escaped;
        }
        None
    }

    #[derive(Clone)]
    struct Compact<'a>(&'a [u8; 64], u64);

    impl Task for Compact<'_> {
        type Out = Vec<u8>;

        #[inline(always)]
        fn run<S: Scanner>(self, scanner: S) -> Vec<u8> {
            let mut out = [0; 64];
            let len = scanner.compact(self.0, self.1, &mut out);
            out[..len].to_vec()
        }
    }

    #[derive(Clone)]
    struct Begins<'a>(&'a [u8], &'a [u8; 32], usize);

    impl Task for Begins<'_> {
        type Out = bool;

        #[inline(always)]
        fn run<S: Scanner>(self, scanner: S) -> bool {
            scanner.begins(self.0, self.1, self.2)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_scanner_knows_how_bytes_begin(
            with in prop::array::uniform32(0..2u8),
            length in 1..=32usize,
            same in 0..40usize,
            rest in prop::collection::vec(0..2u8, 0..40),
        ) {
            let bytes = [&with[..same.min(32)], &rest].concat();
            for got in each(Begins(&bytes, &with, length)) {
                prop_assert_eq!(got, bytes.starts_with(&with[..length]));
            }
        }

        #[test]
        fn every_scanner_finds_the_same_container_end(
            text in "[{\\[][\\[\\]{}\"\\\\a,é]{0,300}(\n[\\]}\n\"]{0,90})?",
            in_line: bool,
        ) {
            let bytes = text.as_bytes();
            let holds_line_end = |end: &usize| in_line && bytes[..*end].contains(&b'\n');
            let expected = naive_end(bytes, 0).filter(|end| !holds_line_end(end));
            for got in each(ContainerEnd { bytes, at: 0, in_line }) {
                prop_assert_eq!(got, expected);
            }
        }

        #[test]
        fn every_scanner_compacts_alike(block in prop::array::uniform32(any::<u8>()), keep in any::<u64>()) {
            let mut whole = [7; 64];
            whole[..32].copy_from_slice(&block);
            let kept: Vec<u8> = (0..64).filter(|at| keep >> at & 1 == 1).map(|at| whole[at]).collect();
            for got in each(Compact(&whole, keep)) {
                prop_assert_eq!(&got, &kept);
            }
        }

        #[test]
        fn every_scanner_finds_the_same_string_end(text in "[\"\\\\a\\n\\x00\u{7f}é]{0,200}", at in 0usize..40) {
            let naive = || {
                let mut at = at;
                loop {
                    match text.as_bytes().get(at)? { b'"' => return Some(at), b'\\' => at += 2, _ => at += 1 }
                }
            };
            for got in each(StringEnd(text.as_bytes(), at)) {
                prop_assert_eq!(got, naive());
            }
        }

        #[test]
        fn every_scanner_finds_the_same_literal(text in "[aAbBcC@`\\[é-]{0,200}", needle in "[abc@-]{1,9}", at in 0usize..40) {
            let lower = text.to_ascii_lowercase();
            let naive = lower.as_bytes().get(at..).and_then(|rest| {
                rest.windows(needle.len()).position(|window| window == needle.as_bytes())
            });
            let folded = Needle::new(&needle).unwrap();
            for got in each(FindFolded(text.as_bytes(), at, &folded)) {
                prop_assert_eq!(got, naive.map(|found| found + at));
            }
        }
    }
}
