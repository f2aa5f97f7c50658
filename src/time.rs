//! The only clock parser. Instants are microseconds since 1970-01-01 UTC, as Kubernetes writes no finer.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Reads an RFC 3339 time. `None` when it is none.
pub fn parse(text: &[u8]) -> Option<i64> {
    micro_time(text).or_else(|| any_time(text))
}

#[cold]
fn any_time(text: &[u8]) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok()?;
    Some(time.timestamp_micros())
}

const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";

/// Words that cover the form, by where they begin; the last two share bytes.
const WORDS: [usize; 4] = [0, 8, 16, 19];

/// What takes a byte that stands for itself above 0x7f: a digit by its value if that is above 9, any other if it is not
/// nought.
const ABOVE: [u8; 27] = {
    let mut above = [0; 27];
    let mut at = 0;
    while at < 27 {
        above[at] = if FORM[at] == b'0' { 0x80 - 10 } else { 0x80 - 1 };
        at += 1;
    }
    above
};

/// The form that Kubernetes writes: `2026-09-08T03:35:13.064064Z`, always 27 bytes.
fn micro_time(text: &[u8]) -> Option<i64> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let text: &[u8; 27] = text.try_into().ok()?;
    let word =
        |all: &[u8; 27], at: usize| all[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    // Digits turn into their values, and what stands between them into nought.
    let mut wrong = 0;
    let [date, hours, seconds, micros] = WORDS.map(|at| {
        let values = word(text, at) ^ word(FORM, at);
        wrong |= ((values & !HIGH) + word(&ABOVE, at)) | values;
        values
    });
    let pair =
        |word: u64, at: u32| (word >> (8 * at) & 0xff) as i64 * 10 + (word >> (8 * at + 8) & 0xff) as i64;
    let (hour, minute, second) = (pair(hours, 3), pair(hours, 6), pair(seconds, 1));
    if wrong & HIGH != 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_since_1970(pair(date, 0) * 100 + pair(date, 2), pair(date, 5), pair(hours, 0))?;
    let micros = pair(micros, 1) * 10_000 + pair(micros, 3) * 100 + pair(micros, 5);
    Some(days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + micros)
}

/// Days from 1970-01-01, after Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = i64::from(month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let length = LENGTHS.get(usize::try_from(month - 1).ok()?)? + leap;
    if day < 1 || day > length {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// RFC 3339 in UTC with microseconds, as machines read it.
pub fn format(micros: i64) -> String {
    utc(micros).to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub fn utc(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// A zone to show times in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Utc,
    Local,
    Named(chrono_tz::Tz),
    Fixed(chrono::FixedOffset),
}

impl Zone {
    /// `utc`, `local`, `+02:00` or a name of the IANA database.
    pub fn parse(text: &str) -> Option<Zone> {
        match text.to_ascii_lowercase().as_str() {
            "utc" | "z" => Some(Zone::Utc),
            "local" => Some(Zone::Local),
            _ => text.parse().map(Zone::Fixed).ok().or_else(|| text.parse().map(Zone::Named).ok()),
        }
    }

    /// Shows an instant in this zone with a chrono format string.
    pub fn show(self, micros: i64, form: &str) -> String {
        let time = utc(micros);
        match self {
            Zone::Utc => time.format(form).to_string(),
            Zone::Local => time.with_timezone(&chrono::Local).format(form).to_string(),
            Zone::Named(zone) => time.with_timezone(&zone).format(form).to_string(),
            Zone::Fixed(zone) => time.with_timezone(&zone).format(form).to_string(),
        }
    }

    /// Midnight at the start of a day in this zone; where the clock skips midnight, the first instant after.
    fn midnight(self, date: NaiveDate) -> Option<i64> {
        let noon = date.and_hms_opt(0, 0, 0)?;
        let micros = |zone: &dyn Fn(chrono::NaiveDateTime) -> Option<i64>| {
            (0..24).find_map(|hour| zone(noon + chrono::Duration::hours(hour)))
        };
        match self {
            Zone::Utc => Some(noon.and_utc().timestamp_micros()),
            Zone::Local => {
                micros(&|at| Some(chrono::Local.from_local_datetime(&at).earliest()?.timestamp_micros()))
            }
            Zone::Named(tz) => micros(&|at| Some(tz.from_local_datetime(&at).earliest()?.timestamp_micros())),
            Zone::Fixed(tz) => micros(&|at| Some(tz.from_local_datetime(&at).earliest()?.timestamp_micros())),
        }
    }
}

/// A point in time as people give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(i64),
    /// So many microseconds before the last event.
    BeforeLast(i64),
}

impl When {
    /// RFC 3339, a date (midnight in `zone`), or `90s`, `30m`, `2h`, `7d`, `2w` before the last event.
    pub fn parse(text: &str, zone: Zone) -> Option<When> {
        if let Some(at) = parse(text.as_bytes()) {
            return Some(When::At(at));
        }
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return zone.midnight(date).map(When::At);
        }
        duration(text).map(When::BeforeLast)
    }

    pub fn resolve(self, last_event: i64) -> i64 {
        match self {
            When::At(at) => at,
            When::BeforeLast(ago) => last_event.saturating_sub(ago),
        }
    }
}

/// `90s`, `30m`, `2h`, `7d`, `2w` in microseconds.
pub fn duration(text: &str) -> Option<i64> {
    let (unit_at, unit) = text.char_indices().last()?;
    let unit = match unit {
        's' => SECOND,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let number = &text[..unit_at];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_form_agrees_with_chrono_on_every_day_of_four_centuries() {
        let start = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for date in start.iter_days().take(146_097) {
            let text = format!("{}T23:59:58.123456Z", date.format("%Y-%m-%d"));
            let chrono = DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros();
            assert_eq!(micro_time(text.as_bytes()), Some(chrono), "{text}");
            assert_eq!(format(chrono), text);
        }
    }

    #[test]
    fn one_byte_in_place_of_another_is_read_as_by_chrono() {
        let is_form = |text: &[u8]| {
            text.iter().zip(FORM).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            })
        };
        for (at, byte) in (0..27).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut text = *b"2024-12-29T19:58:47.123456Z";
            text[at] = byte;
            let chrono =
                std::str::from_utf8(&text).ok().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            // Which knows leap seconds.
            let wanted =
                chrono.filter(|_| is_form(&text) && text[17] < b'6').map(|time| time.timestamp_micros());
            assert_eq!(micro_time(&text), wanted, "{at} {byte}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_no_times() {
        for text in [
            "2026-02-29T00:00:00.000000Z",
            "2026-13-01T00:00:00.000000Z",
            "2026-01-01T24:00:00.000000Z",
            "2026-01-01T20:00:0:.000000Z",
            "2026-01-01T20:00:00.00000/Z",
            "2026-01-01T20:00:00:000000Z",
            "x",
            "",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn points_in_time_as_people_give_them() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let at = |text| When::parse(text, berlin);
        assert_eq!(at("2026-09-08"), Some(When::At(parse(b"2026-09-07T22:00:00Z").unwrap())));
        assert_eq!(at("2026-09-08T01:00:00+02:00"), Some(When::At(parse(b"2026-09-07T23:00:00Z").unwrap())));
        assert_eq!(at("2h"), Some(When::BeforeLast(2 * HOUR)));
        assert_eq!(at("h"), None);
        assert_eq!(at("99999999999999999d"), None);
    }
}
