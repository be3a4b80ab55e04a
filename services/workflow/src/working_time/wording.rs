//! The explanation in words that a citizen understands, one line a step.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::calendar::OffReason;
use super::explanation::{Explanation, Length, Step};
use super::pause::PauseReason;
use super::receipt::Moved;

/// The languages the explanation is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Explanation {
    /// One short line a step.
    pub fn render(&self, language: Language) -> Vec<String> {
        let line = match language {
            Language::Vi => vietnamese,
            Language::En => english,
        };
        self.steps().iter().map(line).collect()
    }
}

fn english(step: &Step) -> String {
    use Language::En;
    let day = |day: &Date| en_day(*day);
    match step {
        Step::Received { at, moved: None } => format!("{}: received (day 0)", en_moment(*at)),
        Step::Received { at, moved: Some(why) } => {
            format!("{}: received {}, moved to the next working day", en_moment(*at), en_moved(why))
        }
        Step::ReceiptDay(date) => format!("{}: day of receipt (day 0)", day(date)),
        Step::WorkingDay { day: date, number, of, make_up } => {
            let note = if *make_up { " (make-up working day)" } else { "" };
            format!("{}: working day {number} of {of}{note}", day(date))
        }
        Step::WorkingTime { day: date, minutes, so_far, of } => {
            let [minutes, so_far, of] = [minutes, so_far, of].map(|value| duration(*value, En));
            format!("{}: {minutes} of working time, {so_far} of {of}", day(date))
        }
        Step::CalendarDays { first, last, days } => {
            format!("{}: {}", en_range(*first, *last), en_count(*days, "calendar day"))
        }
        Step::Months { from, months, last } => {
            format!("{} from {}: {}", en_count(*months, "month"), day(from), day(last))
        }
        Step::Off { first, last, why } => {
            format!("{}: {}, not counted", en_range(*first, *last), off(why, En))
        }
        Step::LastDayOff { day: date, why } => {
            format!("{}: {}, so the next working day counts", day(date), off(why, En))
        }
        Step::Paused { from, until: Some((to, length)), reason } => {
            let span = span(*from, *to, en_moment);
            format!("{span}: {}, {} not counted", en_reason(*reason), en_length(*length))
        }
        Step::Paused { from, until: None, reason } => {
            format!("Since {}: {}, the clock stands", en_moment(*from), en_reason(*reason))
        }
        Step::Due(at) => format!("Due by {}", en_moment(*at)),
        Step::Standing(length) => format!("Left when it runs again: {}", en_length(*length)),
        Step::Missed(Some(at)) => format!("No result by then; new date: {}", en_moment(*at)),
        Step::Missed(None) => "No result by then".into(),
    }
}

fn vietnamese(step: &Step) -> String {
    use Language::Vi;
    let day = |day: &Date| vi_day(*day);
    match step {
        Step::Received { at, moved: None } => format!("{}: tiếp nhận (ngày 0)", vi_moment(*at)),
        Step::Received { at, moved: Some(why) } => {
            format!(
                "{}: tiếp nhận {}, tính sang ngày làm việc kế tiếp",
                vi_moment(*at),
                vi_moved(why)
            )
        }
        Step::ReceiptDay(date) => format!("{}: ngày tiếp nhận (ngày 0)", day(date)),
        Step::WorkingDay { day: date, number, of, make_up } => {
            let note = if *make_up { " (làm bù)" } else { "" };
            format!("{}: ngày làm việc {number}/{of}{note}", day(date))
        }
        Step::WorkingTime { day: date, minutes, so_far, of } => {
            let [minutes, so_far, of] = [minutes, so_far, of].map(|value| duration(*value, Vi));
            format!("{}: {minutes} làm việc, được {so_far} trên {of}", day(date))
        }
        Step::CalendarDays { first, last, days } => {
            format!("{}: {days} ngày", vi_range(*first, *last))
        }
        Step::Months { from, months, last } => {
            format!("{months} tháng kể từ {}: {}", day(from), day(last))
        }
        Step::Off { first, last, why } => {
            format!("{}: {}, không tính", vi_range(*first, *last), off(why, Vi))
        }
        Step::LastDayOff { day: date, why } => {
            format!("{}: {}, chuyển sang ngày làm việc kế tiếp", day(date), off(why, Vi))
        }
        Step::Paused { from, until: Some((to, length)), reason } => {
            let span = span(*from, *to, vi_moment);
            format!("{span}: {}, không tính {}", vi_reason(*reason), vi_length(*length))
        }
        Step::Paused { from, until: None, reason } => {
            format!("Từ {}: {}, tạm dừng tính giờ", vi_moment(*from), vi_reason(*reason))
        }
        Step::Due(at) => format!("Hẹn trả kết quả: {}", vi_moment(*at)),
        Step::Standing(length) => format!("Còn lại khi tính tiếp: {}", vi_length(*length)),
        Step::Missed(Some(at)) => format!("Chưa có kết quả đúng hẹn; hẹn lại: {}", vi_moment(*at)),
        Step::Missed(None) => "Chưa có kết quả đúng hẹn".into(),
    }
}

fn en_moved(why: &Moved) -> String {
    match why {
        Moved::AfterCutOff(time) => format!("after {}", clock_time(*time)),
        Moved::SaturdayReception => "at the Saturday reception".into(),
        Moved::DayOff(OffReason::Weekend) => "on a weekend".into(),
        Moved::DayOff(holiday) => format!("on a day off ({})", off(holiday, Language::En)),
    }
}

fn vi_moved(why: &Moved) -> String {
    match why {
        Moved::AfterCutOff(time) => format!("sau {}", clock_time(*time)),
        Moved::SaturdayReception => "trong buổi sáng thứ Bảy".into(),
        Moved::DayOff(OffReason::Weekend) => "vào cuối tuần".into(),
        Moved::DayOff(holiday) => format!("vào ngày nghỉ ({})", off(holiday, Language::Vi)),
    }
}

fn off(why: &OffReason, language: Language) -> &str {
    match (why, language) {
        (OffReason::Weekend, Language::Vi) => "nghỉ cuối tuần",
        (OffReason::Weekend, Language::En) => "weekend",
        (OffReason::Holiday(name), Language::Vi) => &name.vi,
        (OffReason::Holiday(name), Language::En) => &name.en,
    }
}

fn en_reason(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::Supplement => "waiting for the supplement",
        PauseReason::Payment => "waiting for the payment",
        PauseReason::CitizenStep => "waiting for the citizen",
        PauseReason::Stopped => "processing stopped",
    }
}

fn vi_reason(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::Supplement => "chờ bổ sung hồ sơ",
        PauseReason::Payment => "chờ nộp phí, lệ phí",
        PauseReason::CitizenStep => "chờ công dân thực hiện",
        PauseReason::Stopped => "dừng xử lý",
    }
}

fn en_length(length: Length) -> String {
    match length {
        Length::WorkingMinutes(minutes) => {
            format!("{} of working time", duration(minutes, Language::En))
        }
        Length::CalendarDays(days) => en_count(days, "day"),
    }
}

fn vi_length(length: Length) -> String {
    match length {
        Length::WorkingMinutes(minutes) => format!("{} làm việc", duration(minutes, Language::Vi)),
        Length::CalendarDays(days) => format!("{days} ngày"),
    }
}

fn en_count(count: u32, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Hours and minutes, leaving out what is zero.
fn duration(minutes: u32, language: Language) -> String {
    let (hour, minute) = match language {
        Language::Vi => ("giờ", "phút"),
        Language::En => ("h", "min"),
    };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} {minute}"),
        (hours, 0) => format!("{hours} {hour}"),
        (hours, minutes) => format!("{hours} {hour} {minutes} {minute}"),
    }
}

fn clock_time(time: Time) -> impl std::fmt::Display {
    time.strftime("%H:%M")
}

/// From one moment to another, naming the day once where it is the same.
fn span(from: DateTime, to: DateTime, moment: fn(DateTime) -> String) -> String {
    if from.date() == to.date() {
        return format!("{}–{}", moment(from), clock_time(to.time()));
    }
    format!("{} – {}", moment(from), moment(to))
}

fn en_day(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

fn en_moment(at: DateTime) -> String {
    format!("{} {}", en_day(at.date()), clock_time(at.time()))
}

/// Days on end, naming month and year once where they are the same.
fn en_range(first: Date, last: Date) -> String {
    if first == last {
        return en_day(first);
    }
    let short = match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => "%-d",
        (true, false) => "%-d %b",
        (false, _) => "%-d %b %Y",
    };
    let space = if short == "%-d" { "" } else { " " };
    format!("{}{space}–{space}{}", first.strftime(short), last.strftime("%-d %b %Y"))
}

fn vi_day(day: Date) -> String {
    let weekday = match day.weekday() {
        Weekday::Monday => "Thứ Hai",
        Weekday::Tuesday => "Thứ Ba",
        Weekday::Wednesday => "Thứ Tư",
        Weekday::Thursday => "Thứ Năm",
        Weekday::Friday => "Thứ Sáu",
        Weekday::Saturday => "Thứ Bảy",
        Weekday::Sunday => "Chủ Nhật",
    };
    format!("{weekday} {}", day.strftime("%d/%m/%Y"))
}

fn vi_moment(at: DateTime) -> String {
    format!("{} {}", vi_day(at.date()), clock_time(at.time()))
}

/// Days on end, naming month and year once where they are the same.
fn vi_range(first: Date, last: Date) -> String {
    if first == last {
        return vi_day(first);
    }
    let short = match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => "%d",
        (true, false) => "%d/%m",
        (false, _) => "%d/%m/%Y",
    };
    format!("{}–{}", first.strftime(short), last.strftime("%d/%m/%Y"))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, city};
    use super::super::{Limit, Pause};
    use super::*;

    fn rendered(received: &str, limit: Limit, pauses: &[Pause]) -> [Vec<String>; 2] {
        let due = city().due(at(received), limit, pauses).unwrap();
        [Language::En, Language::Vi].map(|language| due.explanation.render(language))
    }

    fn pause(from: &str, to: Option<&str>, reason: PauseReason) -> Pause {
        Pause { from: at(from), to: to.map(at), reason }
    }

    #[test]
    fn two_working_days_over_lunar_new_year() {
        let [en, vi] = rendered("2026-02-13 10:00", Limit::WorkingDays(2), &[]);
        assert_eq!(
            en,
            [
                "Fri 13 Feb 2026 10:00: received (day 0)",
                "14–15 Feb 2026: weekend, not counted",
                "16–20 Feb 2026: Lunar New Year, not counted",
                "21–22 Feb 2026: weekend, not counted",
                "Mon 23 Feb 2026: working day 1 of 2",
                "Tue 24 Feb 2026: working day 2 of 2",
                "Due by Tue 24 Feb 2026 17:00",
            ]
        );
        assert_eq!(
            vi,
            [
                "Thứ Sáu 13/02/2026 10:00: tiếp nhận (ngày 0)",
                "14–15/02/2026: nghỉ cuối tuần, không tính",
                "16–20/02/2026: Tết Nguyên đán, không tính",
                "21–22/02/2026: nghỉ cuối tuần, không tính",
                "Thứ Hai 23/02/2026: ngày làm việc 1/2",
                "Thứ Ba 24/02/2026: ngày làm việc 2/2",
                "Hẹn trả kết quả: Thứ Ba 24/02/2026 17:00",
            ]
        );
    }

    #[test]
    fn received_late_with_a_make_up_day_and_a_payment() {
        let paid = pause("2026-08-22 09:00", Some("2026-08-24 08:30"), PauseReason::Payment);
        let [en, vi] = rendered("2026-08-20 16:10", Limit::WorkingDays(1), &[paid]);
        assert_eq!(
            en,
            [
                "Thu 20 Aug 2026 16:10: received after 15:00, moved to the next working day",
                "Fri 21 Aug 2026: day of receipt (day 0)",
                "Sat 22 Aug 2026: working day 1 of 1 (make-up working day)",
                "Sat 22 Aug 2026 09:00 – Mon 24 Aug 2026 08:30: waiting for the payment, \
                 7 h 30 min of working time not counted",
                "Sun 23 Aug 2026: weekend, not counted",
                "Due by Mon 24 Aug 2026 16:30",
            ]
        );
        assert_eq!(
            vi,
            [
                "Thứ Năm 20/08/2026 16:10: tiếp nhận sau 15:00, tính sang ngày làm việc kế tiếp",
                "Thứ Sáu 21/08/2026: ngày tiếp nhận (ngày 0)",
                "Thứ Bảy 22/08/2026: ngày làm việc 1/1 (làm bù)",
                "Thứ Bảy 22/08/2026 09:00 – Thứ Hai 24/08/2026 08:30: chờ nộp phí, lệ phí, \
                 không tính 7 giờ 30 phút làm việc",
                "Chủ Nhật 23/08/2026: nghỉ cuối tuần, không tính",
                "Hẹn trả kết quả: Thứ Hai 24/08/2026 16:30",
            ]
        );
    }

    #[test]
    fn hours_from_a_saturday_with_an_open_pause() {
        let asked = pause("2026-04-20 08:45", None, PauseReason::Supplement);
        let [en, vi] = rendered("2026-04-18 08:00", Limit::Hours(9), &[asked]);
        assert_eq!(
            en,
            [
                "Sat 18 Apr 2026 08:00: received at the Saturday reception, \
                 moved to the next working day",
                "Sun 19 Apr 2026: weekend, not counted",
                "Mon 20 Apr 2026: day of receipt (day 0)",
                "Mon 20 Apr 2026: 8 h of working time, 8 h of 9 h",
                "Tue 21 Apr 2026: 1 h of working time, 9 h of 9 h",
                "Since Mon 20 Apr 2026 08:45: waiting for the supplement, the clock stands",
                "Left when it runs again: 7 h 45 min of working time",
            ]
        );
        assert_eq!(vi[5], "Từ Thứ Hai 20/04/2026 08:45: chờ bổ sung hồ sơ, tạm dừng tính giờ");
        assert_eq!(vi[6], "Còn lại khi tính tiếp: 7 giờ 45 phút làm việc");
    }

    #[test]
    fn days_of_the_calendar_and_months() {
        let [en, vi] = rendered("2026-04-20 10:00", Limit::CalendarDays(19), &[]);
        assert_eq!(
            en[1..],
            [
                "21 Apr – 9 May 2026: 19 calendar days",
                "Sat 9 May 2026: weekend, so the next working day counts",
                "Due by Mon 11 May 2026 17:00",
            ]
        );
        assert_eq!(vi[1], "21/04–09/05/2026: 19 ngày");
        let [en, vi] = rendered("2026-04-26 10:00", Limit::Months(1), &[]);
        assert_eq!(
            en[0],
            "Sun 26 Apr 2026 10:00: received on a weekend, moved to the next working day"
        );
        assert_eq!(en[1], "Mon 27 Apr 2026: Hung Kings Day, not counted");
        assert_eq!(en[3], "1 month from Tue 28 Apr 2026: Thu 28 May 2026");
        assert_eq!(vi[3], "1 tháng kể từ Thứ Ba 28/04/2026: Thứ Năm 28/05/2026");
    }

    #[test]
    fn a_pause_within_a_day_names_the_day_once() {
        let drawn = pause("2026-04-20 10:00", Some("2026-04-20 10:30"), PauseReason::CitizenStep);
        let [en, vi] = rendered("2026-04-20 09:00", Limit::SameDay, &[drawn]);
        assert_eq!(
            en[1],
            "Mon 20 Apr 2026 10:00–10:30: waiting for the citizen, \
             30 min of working time not counted"
        );
        assert_eq!(
            vi[1],
            "Thứ Hai 20/04/2026 10:00–10:30: chờ công dân thực hiện, không tính 30 phút làm việc"
        );
        assert_eq!(en[2], "Due by Tue 21 Apr 2026 08:00");
    }

    #[test]
    fn a_run_over_a_new_year_names_both_years() {
        let [first, last] = ["2026-12-31", "2027-01-01"].map(|day| day.parse().unwrap());
        assert_eq!(en_range(first, last), "31 Dec 2026 – 1 Jan 2027");
        assert_eq!(vi_range(first, last), "31/12/2026–01/01/2027");
    }
}
