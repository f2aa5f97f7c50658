//! Bytes as hex digits.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two small digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}

/// What a small digit stands for; 16 for any other byte.
pub fn value(digit: u8) -> u8 {
    VALUES[usize::from(digit)]
}

static VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    #[test]
    fn each_byte_is_two_digits() {
        assert_eq!(super::hex(&[0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
    }
}
