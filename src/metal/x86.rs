//! The scanners for x86-64: SSE2, which every such CPU has, and AVX2.
#![allow(unsafe_code, reason = "vector instructions; measured 1.3 to 4 times the portable scanner")]

use super::scan::{Masks, Scanner};
use super::{Portable, Task};
use std::arch::x86_64::*;
use std::sync::LazyLock;

/// Proof that the CPU has AVX2, BMI1, BMI2, LZCNT, POPCNT and PCLMULQDQ. Made by [`Avx2::detect`] only.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    fn detect() -> Option<Avx2> {
        // Asked for each string: one look instead of one for each feature.
        static ALL: LazyLock<bool> = LazyLock::new(|| {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("pclmulqdq")
        });
        ALL.then_some(Avx2(()))
    }
}

/// SSE2 belongs to x86-64 itself and needs no proof.
#[derive(Clone, Copy)]
pub struct Sse2;

#[inline]
pub fn best<T: Task>(task: T) -> T::Out {
    match Avx2::detect() {
        // SAFETY: `scanner` proves that the CPU has the features.
        Some(scanner) => unsafe { with_avx2(task, scanner) },
        None => task.run(Sse2),
    }
}

pub fn each<T: Task + Clone>(task: T) -> Vec<T::Out> {
    let mut all = vec![task.clone().run(Sse2)];
    if let Some(scanner) = Avx2::detect() {
        // SAFETY: as above.
        all.push(unsafe { with_avx2(task.clone(), scanner) });
    }
    all.push(task.run(Portable));
    all
}

/// Compiles the task, with all that is inlined into it, for these features.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
unsafe fn with_avx2<T: Task>(task: T, scanner: Avx2) -> T::Out {
    task.run(scanner)
}

impl Avx2 {
    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m256i {
        let chunk: &[u8; 32] = bytes.first_chunk().unwrap_or(&[0; 32]);
        // SAFETY: 32 readable bytes; the load needs no alignment; `self` proves AVX2.
        unsafe { _mm256_loadu_si256(chunk.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(self, chunk: __m256i, byte: u8) -> u64 {
        // SAFETY: no memory is touched; `self` proves AVX2.
        unsafe {
            let hits = _mm256_cmpeq_epi8(chunk, _mm256_set1_epi8(byte as i8));
            u64::from(_mm256_movemask_epi8(hits) as u32)
        }
    }

    #[inline(always)]
    fn fold(self, chunk: __m256i) -> __m256i {
        // SAFETY: no memory is touched; `self` proves AVX2.
        unsafe { _mm256_or_si256(chunk, _mm256_set1_epi8(0x20)) }
    }

    #[inline(always)]
    fn half(self, bytes: &[u8]) -> Masks {
        let chunk = self.load(bytes);
        let folded = self.fold(chunk);
        Masks {
            quotes: self.equal(chunk, b'"'),
            backslashes: self.equal(chunk, b'\\'),
            opens: self.equal(folded, b'{'),
            closes: self.equal(folded, b'}'),
            line_ends: self.equal(chunk, b'\n'),
            // SAFETY: no memory is touched; `self` proves AVX2.
            high: u64::from(unsafe { _mm256_movemask_epi8(chunk) } as u32),
        }
    }
}

impl Scanner for Avx2 {
    const WIDTH: usize = 32;

    #[inline(always)]
    fn stops(self, bytes: &[u8]) -> (u64, u64) {
        let chunk = self.load(bytes);
        // SAFETY: no memory is touched; `self` proves AVX2.
        unsafe {
            let quote = _mm256_cmpeq_epi8(chunk, _mm256_set1_epi8(b'"' as i8));
            let backslash = _mm256_cmpeq_epi8(chunk, _mm256_set1_epi8(b'\\' as i8));
            let control = _mm256_cmpeq_epi8(_mm256_min_epu8(chunk, _mm256_set1_epi8(0x1f)), chunk);
            let stops = _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
            (u64::from(_mm256_movemask_epi8(stops) as u32), u64::from(_mm256_movemask_epi8(chunk) as u32))
        }
    }

    #[inline(always)]
    fn masks(self, bytes: &[u8; 64]) -> Masks {
        join(self.half(&bytes[..32]), self.half(&bytes[32..]), 32)
    }

    #[inline(always)]
    fn folded_equal(self, bytes: &[u8], byte: u8) -> u64 {
        self.equal(self.fold(self.load(bytes)), byte | 0x20)
    }

    #[inline(always)]
    fn begins(self, bytes: &[u8], with: &[u8; 32], length: usize) -> bool {
        if bytes.len() < 32 {
            return with.get(..length).is_some_and(|with| bytes.starts_with(with));
        }
        // SAFETY: no memory is touched; `self` proves AVX2.
        let same = unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(self.load(bytes), self.load(with))) };
        u64::from(!same as u32) << (64 - length.min(32)) == 0
    }

    #[inline(always)]
    fn prefetch(self, bytes: &[u8], at: usize) {
        // SAFETY: a hint for any address, which faults nowhere; x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(at).cast()) };
    }

    #[inline(always)]
    fn compact(self, block: &[u8; 64], keep: u64, out: &mut [u8; 64]) -> usize {
        let mut to = 0;
        for (at, lane) in block.chunks_exact(8).enumerate() {
            let kept = (keep >> (8 * at)) as u8;
            let order = ORDERS[usize::from(kept)];
            let lane = lane.first_chunk().map_or(0, |lane| u64::from_le_bytes(*lane));
            // SAFETY: no memory is touched; AVX2 includes SSSE3, and `self` proves it.
            let moved = unsafe {
                let moved = _mm_shuffle_epi8(_mm_cvtsi64_si128(lane as i64), _mm_cvtsi64_si128(order as i64));
                _mm_cvtsi128_si64(moved) as u64
            };
            // Never more than what was read, so that eight bytes are left.
            if let Some(room) = out.get_mut(to..to + 8) {
                room.copy_from_slice(&moved.to_le_bytes());
            }
            to += kept.count_ones() as usize;
        }
        to
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // SAFETY: no memory is touched; `self` proves PCLMULQDQ.
        unsafe {
            let product = _mm_clmulepi64_si128(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1), 0);
            _mm_cvtsi128_si64(product) as u64
        }
    }
}

/// For each set of eight bytes the places of those in it, one after the other, as a shuffle takes them.
const ORDERS: [u64; 256] = {
    let mut orders = [0; 256];
    let mut kept = 0;
    while kept < 256 {
        let (mut at, mut to) = (0, 0);
        while at < 8 {
            if kept >> at & 1 == 1 {
                orders[kept] |= (at as u64) << (8 * to);
                to += 1;
            }
            at += 1;
        }
        kept += 1;
    }
    orders
};

#[inline(always)]
fn join(low: Masks, high: Masks, by: u32) -> Masks {
    Masks {
        quotes: low.quotes | high.quotes << by,
        backslashes: low.backslashes | high.backslashes << by,
        opens: low.opens | high.opens << by,
        closes: low.closes | high.closes << by,
        line_ends: low.line_ends | high.line_ends << by,
        high: low.high | high.high,
    }
}

impl Sse2 {
    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m128i {
        let chunk: &[u8; 16] = bytes.first_chunk().unwrap_or(&[0; 16]);
        // SAFETY: 16 readable bytes; the load needs no alignment; x86-64 has SSE2.
        unsafe { _mm_loadu_si128(chunk.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(self, chunk: __m128i, byte: u8) -> u64 {
        // SAFETY: no memory is touched; x86-64 has SSE2.
        unsafe {
            let hits = _mm_cmpeq_epi8(chunk, _mm_set1_epi8(byte as i8));
            u64::from(_mm_movemask_epi8(hits) as u32)
        }
    }

    #[inline(always)]
    fn fold(self, chunk: __m128i) -> __m128i {
        // SAFETY: no memory is touched; x86-64 has SSE2.
        unsafe { _mm_or_si128(chunk, _mm_set1_epi8(0x20)) }
    }

    #[inline(always)]
    fn quarter(self, bytes: &[u8]) -> Masks {
        let chunk = self.load(bytes);
        let folded = self.fold(chunk);
        Masks {
            quotes: self.equal(chunk, b'"'),
            backslashes: self.equal(chunk, b'\\'),
            opens: self.equal(folded, b'{'),
            closes: self.equal(folded, b'}'),
            line_ends: self.equal(chunk, b'\n'),
            // SAFETY: no memory is touched; x86-64 has SSE2.
            high: u64::from(unsafe { _mm_movemask_epi8(chunk) } as u32),
        }
    }
}

impl Scanner for Sse2 {
    const WIDTH: usize = 16;

    #[inline(always)]
    fn stops(self, bytes: &[u8]) -> (u64, u64) {
        let chunk = self.load(bytes);
        // SAFETY: no memory is touched; x86-64 has SSE2.
        unsafe {
            let control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1f)), chunk);
            let control = u64::from(_mm_movemask_epi8(control) as u32);
            let high = u64::from(_mm_movemask_epi8(chunk) as u32);
            (self.equal(chunk, b'"') | self.equal(chunk, b'\\') | control, high)
        }
    }

    #[inline(always)]
    fn masks(self, bytes: &[u8; 64]) -> Masks {
        let low = join(self.quarter(&bytes[..16]), self.quarter(&bytes[16..32]), 16);
        let high = join(self.quarter(&bytes[32..48]), self.quarter(&bytes[48..]), 16);
        join(low, high, 32)
    }

    #[inline(always)]
    fn folded_equal(self, bytes: &[u8], byte: u8) -> u64 {
        self.equal(self.fold(self.load(bytes)), byte | 0x20)
    }
}
