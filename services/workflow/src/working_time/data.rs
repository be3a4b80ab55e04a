//! The calendar as it is written down, and what must hold before it is believed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday, date};
use serde::Deserialize;
use thiserror::Error;

use super::calendar::{Calendar, DayKind, HolidayName, OffReason, ReceiptRules};
use super::sessions::{MINUTES_OF_A_DAY, Session, Sessions, minute_of};

/// The largest calendar that is read, in bytes.
const MOST_BYTES: usize = 256 * 1024;
/// The most years in one calendar.
const MOST_YEARS: usize = 50;
/// The most sessions in a day.
const MOST_SESSIONS: usize = 8;
/// The years in which the fixed offset of Vietnam holds.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2199;

/// Why a calendar is not believed. Every text names the place, the value and the remedy.
#[derive(Debug, Error)]
pub enum CalendarError {
    /// Larger than any calendar needs to be.
    #[error("the calendar has {bytes} bytes: keep it within {most}", most = MOST_BYTES)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not YAML, or not of the form of a calendar; the source names field, line and column.
    #[error("the calendar cannot be read: {0}")]
    Form(#[from] serde_norway::Error),
    /// Readable, but it contradicts itself or the law.
    #[error("{place}: {value} is wrong: {remedy}")]
    Contradiction {
        /// The path of the field, such as `years.2026.holidays[2].first`.
        place: String,
        /// What stands there.
        value: String,
        /// What would be right.
        remedy: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    time_zone: TimeZone,
    sessions: SessionsFile,
    receipt: ReceiptFile,
    years: BTreeMap<i16, YearFile>,
}

#[derive(Deserialize)]
enum TimeZone {
    #[serde(rename = "Asia/Ho_Chi_Minh")]
    HoChiMinh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionsFile {
    working_day: Vec<SessionFile>,
    saturday_reception: Vec<SessionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionFile {
    opens: Time,
    closes: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptFile {
    cut_off: Time,
    saturday_receipt: SaturdayReceipt,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SaturdayReceipt {
    NextWorkingDay,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    holidays: Vec<HolidayFile>,
    make_up_days: Vec<MakeUpFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    first: Date,
    last: Option<Date>,
    vi: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeUpFile {
    day: Date,
    #[serde(rename = "for")]
    off: Date,
}

impl Calendar {
    /// Reads a calendar and checks it whole.
    ///
    /// # Errors
    /// [`CalendarError`] if the text is too large, is not a calendar, or contradicts itself.
    pub fn from_yaml(text: &str) -> Result<Self, CalendarError> {
        if text.len() > MOST_BYTES {
            return Err(CalendarError::TooLarge { bytes: text.len() });
        }
        let CalendarFile { time_zone, sessions, receipt, years } = serde_norway::from_str(text)?;
        // The only values there are: a second one would have to be given a meaning here.
        let TimeZone::HoChiMinh = time_zone;
        let SaturdayReceipt::NextWorkingDay = receipt.saturday_receipt;

        let working_day = working_day(&sessions.working_day)?;
        let rules = ReceiptRules {
            cut_off: cut_off(receipt.cut_off, &working_day)?,
            saturday: sessions_at("sessions.saturday_reception", &sessions.saturday_reception)?,
        };
        Ok(Self::new(days(&years)?, working_day, rules))
    }
}

fn contradiction(
    place: impl Into<String>,
    value: impl Display,
    remedy: &'static str,
) -> CalendarError {
    CalendarError::Contradiction { place: place.into(), value: value.to_string(), remedy }
}

fn working_day(sessions: &[SessionFile]) -> Result<Sessions, CalendarError> {
    const PLACE: &str = "sessions.working_day";
    let day = sessions_at(PLACE, sessions)?;
    if day.total() != MINUTES_OF_A_DAY {
        let total = format!("{} minutes", day.total());
        return Err(contradiction(PLACE, total, "a working day has 480 minutes (8 hours)"));
    }
    Ok(day)
}

fn sessions_at(place: &str, sessions: &[SessionFile]) -> Result<Sessions, CalendarError> {
    if sessions.len() > MOST_SESSIONS {
        return Err(contradiction(place, sessions.len(), "a day has at most 8 sessions"));
    }
    let mut checked: Vec<Session> = Vec::with_capacity(sessions.len());
    for (nth, SessionFile { opens, closes }) in sessions.iter().enumerate() {
        let wrong = |remedy| {
            contradiction(format!("{place}[{nth}]"), format!("{opens} to {closes}"), remedy)
        };
        let session = Session { opens: minute_of(*opens), closes: minute_of(*closes) };
        if session.closes <= session.opens {
            return Err(wrong("a session closes after it opens"));
        }
        if checked.last().is_some_and(|before| session.opens < before.closes) {
            return Err(wrong("a session opens after the one before it has closed"));
        }
        checked.push(session);
    }
    Ok(Sessions::new(checked))
}

fn cut_off(time: Time, working_day: &Sessions) -> Result<u32, CalendarError> {
    let minute = minute_of(time);
    if (working_day.opening()..=working_day.closing()).contains(&minute) {
        return Ok(minute);
    }
    Err(contradiction(
        "receipt.cut_off",
        time,
        "it lies between the opening and the closing of the day",
    ))
}

/// Every day of the years, in order.
fn days(years: &BTreeMap<i16, YearFile>) -> Result<Vec<(Date, DayKind)>, CalendarError> {
    check_years(years)?;
    let mut days = Vec::with_capacity(years.len() * 366);
    for (year, file) in years {
        let exceptions = exceptions(*year, file)?;
        let all = date(*year, 1, 1).series(jiff::Span::new().days(1));
        days.extend(all.take_while(|day| day.year() == *year).map(|day| {
            let kind = exceptions.get(&day).cloned().unwrap_or_else(|| usual_kind(day));
            (day, kind)
        }));
    }
    Ok(days)
}

fn check_years(years: &BTreeMap<i16, YearFile>) -> Result<(), CalendarError> {
    if years.is_empty() || years.len() > MOST_YEARS {
        return Err(contradiction("years", years.len(), "list 1 to 50 years"));
    }
    let mut before = None;
    for year in years.keys().copied() {
        if !YEARS.contains(&year) {
            return Err(contradiction("years", year, "a year lies between 1990 and 2199"));
        }
        if before.is_some_and(|before: i16| before + 1 != year) {
            return Err(contradiction(
                "years",
                year,
                "list the year before it too: no gap is allowed",
            ));
        }
        before = Some(year);
    }
    Ok(())
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn usual_kind(day: Date) -> DayKind {
    if is_weekend(day) { DayKind::Off(OffReason::Weekend) } else { DayKind::Working }
}

/// The days of a year that are not what their weekday says.
fn exceptions(year: i16, file: &YearFile) -> Result<BTreeMap<Date, DayKind>, CalendarError> {
    let mut exceptions = BTreeMap::new();
    for (nth, holiday) in file.holidays.iter().enumerate() {
        add_holiday(&mut exceptions, year, &format!("years.{year}.holidays[{nth}]"), holiday)?;
    }
    for (nth, swap) in file.make_up_days.iter().enumerate() {
        add_make_up(&mut exceptions, year, &format!("years.{year}.make_up_days[{nth}]"), swap)?;
    }
    Ok(exceptions)
}

fn add_holiday(
    exceptions: &mut BTreeMap<Date, DayKind>,
    year: i16,
    place: &str,
    holiday: &HolidayFile,
) -> Result<(), CalendarError> {
    let HolidayFile { first, last, vi, en } = holiday;
    let last = last.unwrap_or(*first);
    within(year, format!("{place}.first"), *first)?;
    within(year, format!("{place}.last"), last)?;
    if last < *first {
        return Err(contradiction(format!("{place}.last"), last, "it is not before `first`"));
    }
    if vi.trim().is_empty() || en.trim().is_empty() {
        return Err(contradiction(place, first, "a holiday has a name in `vi` and in `en`"));
    }
    let name = Arc::new(HolidayName { vi: vi.clone(), en: en.clone() });
    for day in first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last) {
        let kind = DayKind::Off(OffReason::Holiday(Arc::clone(&name)));
        if exceptions.insert(day, kind).is_some() {
            return Err(contradiction(place, day, "a day is listed as a holiday once"));
        }
    }
    Ok(())
}

fn add_make_up(
    exceptions: &mut BTreeMap<Date, DayKind>,
    year: i16,
    place: &str,
    swap: &MakeUpFile,
) -> Result<(), CalendarError> {
    let MakeUpFile { day, off } = *swap;
    within(year, format!("{place}.day"), day)?;
    within(year, format!("{place}.for"), off)?;
    if !is_weekend(day) {
        return Err(contradiction(
            format!("{place}.day"),
            day,
            "only a weekend day makes up for another",
        ));
    }
    if is_weekend(off) || !matches!(exceptions.get(&off), Some(DayKind::Off(_))) {
        let remedy = "list the weekday it makes up for among the holidays";
        return Err(contradiction(format!("{place}.for"), off, remedy));
    }
    match exceptions.insert(day, DayKind::MakeUp) {
        None => Ok(()),
        Some(_) => Err(contradiction(
            format!("{place}.day"),
            day,
            "a make-up day is no holiday and is listed once",
        )),
    }
}

fn within(year: i16, place: String, day: Date) -> Result<(), CalendarError> {
    if day.year() == year {
        return Ok(());
    }
    Err(contradiction(place, day, "the date lies in the year it is listed under"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: &str = include_str!("../../data/calendar.yaml");

    /// What is said of the city's calendar once one passage of it is exchanged.
    fn complaint(passage: &str, exchange: &str) -> String {
        assert!(CITY.contains(passage), "the calendar no longer says {passage}");
        Calendar::from_yaml(&CITY.replacen(passage, exchange, 1)).unwrap_err().to_string()
    }

    fn working_days(year: i16) -> usize {
        let calendar = Calendar::from_yaml(CITY).unwrap();
        calendar.days.iter().filter(|day| day.date.year() == year && day.is_working()).count()
    }

    #[test]
    fn the_calendar_of_the_city_is_sound() {
        // Weekdays of the year, less holidays on weekdays, and make-up days added.
        assert_eq!(working_days(2025), 261 - 12 + 1);
        assert_eq!(working_days(2026), 261 - 14 + 2);
        assert_eq!(working_days(2027), 261 - 12);
    }

    #[test]
    fn every_contradiction_is_named_with_its_place_and_value() {
        for (passage, exchange, complaint_names) in [
            (
                "opens: \"13:00\"",
                "opens: \"11:00\"",
                "sessions.working_day[1]: 11:00:00 to 17:00:00",
            ),
            (
                "opens: \"13:00\"",
                "opens: \"18:00\"",
                "sessions.working_day[1]: 18:00:00 to 17:00:00",
            ),
            ("closes: \"17:00\"", "closes: \"16:30\"", "sessions.working_day: 450 minutes"),
            ("cut_off: \"15:00\"", "cut_off: \"17:30\"", "receipt.cut_off: 17:30:00"),
            ("  2026:\n", "  2028:\n", "years: 2027 is wrong: list the year before it"),
            ("  2025:\n", "  1025:\n", "years: 1025"),
            ("first: 2026-01-01", "first: 2025-01-01", "years.2026.holidays[0].first: 2025-01-01"),
            ("last: 2026-02-20", "last: 2026-02-10", "years.2026.holidays[2].last: 2026-02-10"),
            ("last: 2026-02-20", "last: 2026-04-27", "years.2026.holidays[3]: 2026-04-27"),
            ("en: Reunification Day", "en: ''", "years.2025.holidays[3]: 2025-04-30"),
            ("day: 2026-08-22", "day: 2026-08-21", "years.2026.make_up_days[1].day: 2026-08-21"),
            ("day: 2026-08-22", "day: 2026-01-10", "years.2026.make_up_days[1].day: 2026-01-10"),
            ("day: 2025-04-26", "day: 2025-02-01", "years.2025.make_up_days[0].day: 2025-02-01"),
            ("for: 2026-08-31", "for: 2026-08-28", "years.2026.make_up_days[1].for: 2026-08-28"),
        ] {
            let complaint = complaint(passage, exchange);
            assert!(complaint.contains(complaint_names), "{complaint}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_form_is_named_with_field_and_line() {
        for (passage, exchange, field) in [
            ("first: 2026-02-16", "first: 2026-02-31", "years.2026.holidays[2].first"),
            ("Asia/Ho_Chi_Minh", "Asia/Bangkok", "time_zone"),
            ("next_working_day", "monday", "receipt.saturday_receipt"),
            ("cut_off:", "cutoff:", "receipt"),
        ] {
            let complaint = complaint(passage, exchange);
            assert!(complaint.contains(field) && complaint.contains("line"), "{complaint}");
        }
    }

    #[test]
    fn an_empty_and_an_endless_calendar_are_refused() {
        assert!(Calendar::from_yaml("").is_err());
        let endless = Calendar::from_yaml(&"#".repeat(MOST_BYTES + 1));
        assert!(matches!(endless, Err(CalendarError::TooLarge { .. })));
    }
}
