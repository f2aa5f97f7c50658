//! The scanning algorithms, written over bit masks of 64 bytes, and their portable form.

/// Which of 64 bytes are what; bit 0 is the first byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masks {
    pub quotes: u64,
    pub backslashes: u64,
    /// `{` and `[`
    pub opens: u64,
    /// `}` and `]`
    pub closes: u64,
    pub line_ends: u64,
    /// Bytes above 0x7f.
    pub high: u64,
}

/// So far ahead bytes are fetched from memory: CPUs do that by themselves, but not beyond a page.
const AHEAD: usize = 2048;

/// Scans bytes with the instructions of one kind of CPU. To hold one proves that the CPU has them.
pub trait Scanner: Copy {
    /// How many bytes [`Scanner::stops`] looks at.
    const WIDTH: usize;

    /// Which of the first `WIDTH` bytes are quotes, backslashes or control characters, and which are above 0x7f.
    fn stops(self, bytes: &[u8]) -> (u64, u64);

    fn masks(self, bytes: &[u8; 64]) -> Masks;

    /// Which of the first `WIDTH` bytes, in lower case, are `byte`; letters differ from lower case by bit 5,
    /// and so do some signs, which makes this a filter and not a proof.
    fn folded_equal(self, bytes: &[u8], byte: u8) -> u64;

    /// Whether the bytes begin with the first so many of these.
    #[inline(always)]
    fn begins(self, bytes: &[u8], with: &[u8; 32], length: usize) -> bool {
        with.get(..length).is_some_and(|with| bytes.starts_with(with))
    }

    /// Has the CPU fetch what stands there, if it can.
    #[inline(always)]
    fn prefetch(self, _bytes: &[u8], _at: usize) {}

    /// Has so many bytes fetched as stepping over containers has: from as far ahead on.
    #[inline(always)]
    fn fetch(self, bytes: &[u8], length: usize) {
        for at in (AHEAD..AHEAD + length).step_by(64) {
            self.prefetch(bytes, at);
        }
    }

    /// Bit n of the result is the exclusive or of bits 0 to n.
    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        let mut bits = bits;
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }

    /// First place at or after `at` of a quote, a backslash or a control character. `high` becomes non-zero
    /// when bytes above 0x7f were seen on the way (or shortly after).
    #[inline(always)]
    fn string_stop(self, bytes: &[u8], at: usize, high: &mut u64) -> Option<usize> {
        let mut at = at;
        while let Some(chunk) = bytes.get(at..at + Self::WIDTH) {
            let (stops, above) = self.stops(chunk);
            *high |= above;
            if stops != 0 {
                return Some(at + stops.trailing_zeros() as usize);
            }
            at += Self::WIDTH;
        }
        let rest = bytes.get(at..)?;
        *high |= u64::from(rest.iter().any(|byte| !byte.is_ascii()));
        Some(at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?)
    }

    /// Index of the quote that closes the string whose content begins at `at`.
    #[inline(always)]
    fn string_end(self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut escape = Escape::default();
        let mut at = at;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
            let masks = self.masks(block);
            let quotes = masks.quotes & !escape.escaped(masks.backslashes);
            if quotes != 0 {
                return Some(at + quotes.trailing_zeros() as usize);
            }
            at += 64;
        }
        let rest = bytes.get(at..)?;
        let mut block = [b' '; 64];
        block[..rest.len()].copy_from_slice(rest);
        let masks = self.masks(&block);
        let quotes = masks.quotes & !escape.escaped(masks.backslashes);
        (quotes != 0).then(|| at + quotes.trailing_zeros() as usize)
    }

    /// Writes the bytes whose bits are set to the beginning of `out`, which has room for 64; how many. May write
    /// over what stands behind them.
    #[inline(always)]
    fn compact(self, block: &[u8; 64], keep: u64, out: &mut [u8; 64]) -> usize {
        let mut to = 0;
        for (at, byte) in block.iter().enumerate() {
            out[to.min(63)] = *byte;
            to += (keep >> at & 1) as usize;
        }
        to
    }

    /// Index after the bracket that closes the one at `at`. What stands between is not checked, but that it is of one
    /// line, if `in_line`: whatever stands behind the line is not looked at.
    #[inline(always)]
    fn container_end(self, bytes: &[u8], at: usize, in_line: bool, high: &mut u64) -> Option<usize> {
        let mut state = Nesting { refused: if in_line { u64::MAX } else { 0 }, ..Nesting::default() };
        let mut at = at;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
            self.prefetch(bytes, at + AHEAD);
            match state.step(self, block, high) {
                Step::On => at += 64,
                Step::End(end) => return Some(at + end),
                Step::Refused => return None,
            }
        }
        let rest = bytes.get(at..)?;
        let mut block = [b' '; 64];
        block[..rest.len()].copy_from_slice(rest);
        match state.step(self, &block, high) {
            Step::End(end) => Some(at + end),
            Step::On | Step::Refused => None,
        }
    }

    /// First place at or after `at` where the needle stands in any case of its ASCII letters.
    #[inline(always)]
    fn find_folded(self, bytes: &[u8], at: usize, needle: &Needle) -> Option<usize> {
        let text = &needle.text[..];
        let (one, other) = needle.rare;
        // The place of the rarest byte at or after `at`: chunks of both rare bytes are compared at once.
        let (low, high) = (one.min(other), one.max(other));
        let (low_byte, high_byte) = (text[low], text[high]);
        let mut at = at;
        while at + text.len() + Self::WIDTH <= bytes.len() {
            let lows = self.folded_equal(&bytes[at + low..at + low + Self::WIDTH], low_byte);
            let highs = self.folded_equal(&bytes[at + high..at + high + Self::WIDTH], high_byte);
            let mut hits = lows & highs;
            while hits != 0 {
                let place = at + hits.trailing_zeros() as usize;
                if bytes[place..place + text.len()].eq_ignore_ascii_case(text) {
                    return Some(place);
                }
                hits &= hits - 1;
            }
            at += Self::WIDTH;
        }
        let rest = bytes.get(at..)?;
        Some(at + rest.windows(text.len()).position(|window| window.eq_ignore_ascii_case(text))?)
    }
}

/// A text to search for in any case of its ASCII letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    text: Vec<u8>,
    /// Where its two rarest bytes stand: those are looked for first.
    rare: (usize, usize),
}

/// Bytes of audit logs, the most frequent first; what is not here is rarer still. Counted on recorded logs.
const FREQUENT: &[u8] = b"\"eta:sorinc,pldum-{}f1.b02vh4g/6895ky3 7\\[]zxwqj_=";

impl Needle {
    /// `None` for the empty text.
    pub fn new(text: &str) -> Option<Needle> {
        let text = text.to_ascii_lowercase().into_bytes();
        let rank = |at: &usize| FREQUENT.iter().position(|byte| *byte == text[*at]).unwrap_or(FREQUENT.len());
        let mut places: Vec<usize> = (0..text.len()).collect();
        places.sort_by_key(|at| std::cmp::Reverse(rank(at)));
        let first = *places.first()?;
        let second = places.iter().copied().find(|at| text[*at] != text[first]).unwrap_or(first);
        Some(Needle { rare: (first, second), text })
    }
}

/// Whether the first byte of the next block is escaped: 1 then.
#[derive(Default)]
pub struct Escape(u64);

/// Where a scan through nested containers stands between two blocks.
#[derive(Default)]
struct Nesting {
    depth: u64,
    /// All ones while inside a string.
    in_string: u64,
    escape: Escape,
    /// All ones where line ends are refused.
    refused: u64,
}

/// What comes of 64 bytes.
enum Step {
    /// Nothing yet.
    On,
    /// The index after the bracket that closes the first one.
    End(usize),
    /// A line ends before.
    Refused,
}

impl Nesting {
    #[inline(always)]
    fn step<S: Scanner>(&mut self, scanner: S, block: &[u8; 64], high: &mut u64) -> Step {
        let masks = scanner.masks(block);
        *high |= masks.high;
        let quotes = masks.quotes & !self.escape.escaped(masks.backslashes);
        let inside = scanner.prefix_xor(quotes) ^ self.in_string;
        self.in_string = ((inside as i64) >> 63) as u64;
        let end = self.close(masks.opens & !inside, masks.closes & !inside);
        let line_ends = masks.line_ends & self.refused;
        match end {
            None if line_ends == 0 => Step::On,
            Some(end) if line_ends & (u64::MAX >> (64 - end)) == 0 => Step::End(end),
            _ => Step::Refused,
        }
    }

    #[inline(always)]
    fn close(&mut self, opens: u64, closes: u64) -> Option<usize> {
        let closing = u64::from(closes.count_ones());
        if closing < self.depth {
            self.depth = self.depth + u64::from(opens.count_ones()) - closing;
            return None;
        }
        self.close_one_by_one(opens, closes)
    }

    fn close_one_by_one(&mut self, opens: u64, closes: u64) -> Option<usize> {
        let mut left = closes;
        let mut closed = 0;
        while left != 0 {
            let place = left.trailing_zeros();
            let before = u64::from((opens & ((1 << place) - 1)).count_ones());
            closed += 1;
            if self.depth + before <= closed {
                return Some(place as usize + 1);
            }
            left &= left - 1;
        }
        self.depth = self.depth + u64::from(opens.count_ones()) - closed;
        None
    }
}

impl Escape {
    /// Which bytes stand behind an odd number of backslashes. After simdjson (Langdale and Lemire,
    /// "Parsing gigabytes of JSON per second", 2019, section 3.1.1).
    #[inline(always)]
    pub fn escaped(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        if backslashes == 0 {
            return std::mem::take(&mut self.0);
        }
        let backslashes = backslashes & !self.0;
        let follows = backslashes << 1 | self.0;
        let odd_starts = backslashes & !EVEN & !follows;
        let (sequences, over) = odd_starts.overflowing_add(backslashes);
        self.0 = u64::from(over);
        (EVEN ^ (sequences << 1)) & follows
    }
}

/// Eight bytes at a time in an ordinary register.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The top bit of each byte that is `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let zero = word ^ (ONES * u64::from(byte));
    // No carry leaves a byte: exact for every byte, not only up to the first match.
    !(((zero & !TOPS) + !TOPS) | zero) & TOPS
}

/// Gathers the top bits of eight bytes into eight bits.
#[inline(always)]
fn gather(tops: u64) -> u64 {
    (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

impl Scanner for Portable {
    const WIDTH: usize = 8;

    #[inline(always)]
    fn stops(self, bytes: &[u8]) -> (u64, u64) {
        let word = word(bytes);
        let control = !(((word & !TOPS) + ONES * 0x60) | word) & TOPS;
        (gather(equal(word, b'"') | equal(word, b'\\') | control), word & TOPS)
    }

    #[inline(always)]
    fn masks(self, bytes: &[u8; 64]) -> Masks {
        let mut masks = Masks::default();
        for (at, chunk) in bytes.chunks_exact(8).enumerate() {
            let word = word(chunk);
            let folded = word | (ONES * 0x20);
            masks.quotes |= gather(equal(word, b'"')) << (8 * at);
            masks.backslashes |= gather(equal(word, b'\\')) << (8 * at);
            masks.opens |= gather(equal(folded, b'{')) << (8 * at);
            masks.closes |= gather(equal(folded, b'}')) << (8 * at);
            masks.line_ends |= gather(equal(word, b'\n')) << (8 * at);
            masks.high |= word & TOPS;
        }
        masks
    }

    #[inline(always)]
    fn folded_equal(self, bytes: &[u8], byte: u8) -> u64 {
        gather(equal(word(bytes) | (ONES * 0x20), byte | 0x20))
    }
}
