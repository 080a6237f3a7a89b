//! The Date field of a response: a moment in the form IMF-fixdate (RFC 9110 5.6.7), such as
//! `Sun, 06 Nov 1994 08:49:37 GMT`.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

const WEEKDAYS: [&[u8]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"]; // 1970 began on a Thursday.
const MONTHS: [&[u8]; 12] =
    [b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"Jan", b"Feb"];

/// A date as it stands in the field.
#[derive(Clone, Copy)]
pub(crate) struct Date([u8; 29]);

thread_local! {
    /// The date of the response before, and its moment: many responses go out within one second.
    static LAST: Cell<(u64, Date)> = const { Cell::new((u64::MAX, Date([0; 29]))) };
}

impl Date {
    pub(crate) fn now() -> Date {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (moment, date) = LAST.get();
        if moment == now {
            return date;
        }
        let date = Date::at(now);
        LAST.set((now, date));
        date
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 29] {
        &self.0
    }

    /// The date of a moment in whole seconds since 1970 (UTC), before the year 10000.
    fn at(moment: u64) -> Date {
        let (days, seconds) = (moment / 86_400, moment % 86_400);
        let weekday = WEEKDAYS[(days % 7) as usize];

        // Count in years that start on 1 March, so that the leap day is the last day of its year, and in periods of
        // 400 years, which are all of one length: 146,097 days. 1 March of the year 0 is 719,468 days before 1970.
        let days = days + 719_468;
        let (period, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // From March on, five months in turn have 31, 30, 31, 30, 31 days: 153.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = 400 * period + year + u64::from(month >= 10);

        let mut date = Date(*b"Day, DD Mon YYYY HH:MM:SS GMT");
        date.0[0..3].copy_from_slice(weekday);
        date.0[8..11].copy_from_slice(MONTHS[month as usize]);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        for (place, number) in [(5, day), (12, year / 100), (14, year), (17, hour), (20, minute), (23, second)] {
            date.0[place] = b'0' + (number / 10 % 10) as u8;
            date.0[place + 1] = b'0' + (number % 10) as u8;
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

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
        for (seconds, text) in known {
            assert_eq!(Date::at(seconds).as_bytes(), text.as_bytes());
        }
    }
}
