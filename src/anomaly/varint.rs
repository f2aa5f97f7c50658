//! Numbers of variable length: seven bits a byte, the lowest first; the top bit tells that more follow.

pub fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[inline]
pub fn take(rest: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, more) = rest.split_first()?;
        *rest = more;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift = (shift + 7).min(63);
    }
}

/// One that may be below zero: near zero it is short.
pub fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, (number << 1 ^ number >> 63) as u64);
}

pub fn take_signed(rest: &mut &[u8]) -> Option<i64> {
    let number = take(rest)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

/// A number of 32 bits.
#[inline]
pub fn take_short(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(|number| number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(plain: u64, signed: i64, short: u32) {
            let mut out = Vec::new();
            put(&mut out, plain);
            put_signed(&mut out, signed);
            put(&mut out, u64::from(short));
            let rest = &mut &out[..];
            prop_assert_eq!((take(rest), take_signed(rest), take_short(rest)), (Some(plain), Some(signed), Some(short)));
            prop_assert_eq!((take(rest), rest.len()), (None, 0));
        }
    }
}
