//! The Date field of a response: a time in the form IMF-fixdate (RFC 9110 5.6.7), such as
//! `Sun, 06 Nov 1994 08:49:37 GMT`.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// The length of a date, up to the year 9999.
const LENGTH: usize = 29;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // 1970 began on a Thursday.
const MONTHS: [&str; 12] = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];

thread_local! {
    /// The last date, and its moment: many responses are sent in the same second.
    static LAST: Cell<(u64, [u8; LENGTH])> = const { Cell::new((u64::MAX, [0; LENGTH])) };
}

/// The date of this moment.
pub(crate) fn now() -> [u8; LENGTH] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (moment, date) = LAST.get();
    if moment == now {
        return date;
    }
    let date = at(now).as_bytes().try_into().unwrap_or([b' '; LENGTH]);
    LAST.set((now, date));
    date
}

/// The date of a moment in whole seconds since 1970 (UTC).
fn at(moment: u64) -> String {
    let (days, seconds) = (moment / 86_400, moment % 86_400);
    let weekday = WEEKDAYS[(days % 7) as usize];

    // Count in years that start on 1 March, so that the leap day is the last day of its year, and in periods of
    // 400 years, which all have the same length: 146,097 days. 1 March of the year 0 is 719,468 days before 1970.
    let days = days + 719_468;
    let (period, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, each five months have 31, 30, 31, 30 and 31 days: 153.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * period + year + u64::from(month >= 10);

    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let month = MONTHS[month as usize];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_those_of_the_calendar() {
        let known = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), // the example of RFC 9110
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ];
        for (moment, date) in known {
            assert_eq!(super::at(moment), date);
        }
    }
}
