//! When a job that failed is tried again.

use std::time::Duration;

/// Attempts before a job is given up: by [`pause`] a day or more.
pub const MOST_ATTEMPTS: i32 = 40;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long to wait after the attempt `attempt` (from 1): twice as long each time, up to an hour. `luck`, from 0 to 1, takes up to half
/// of it away, so that jobs which failed together do not come back together.
pub fn pause(attempt: i32, luck: f64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or_default().min(16);
    let whole = Duration::from_secs(1 << doublings).min(LONGEST);
    whole.mul_f64(1.0 - luck.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        for (attempt, seconds) in [(0, 1), (1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600)] {
            assert_eq!(pause(attempt, 0.0), Duration::from_secs(seconds), "{attempt}");
        }
        assert_eq!(pause(i32::MAX, 0.0), LONGEST);
        assert_eq!(pause(i32::MIN, 1.0), Duration::from_millis(500));
    }

    #[test]
    fn an_outage_of_a_day_is_sat_out() {
        let shortest: Duration = (1..MOST_ATTEMPTS).map(|attempt| pause(attempt, 1.0)).sum();
        assert!(shortest > Duration::from_secs(12 * 3600), "{shortest:?}");
        let usual: Duration = (1..MOST_ATTEMPTS).map(|attempt| pause(attempt, 0.2)).sum();
        assert!(usual > Duration::from_secs(24 * 3600), "{usual:?}");
    }

    proptest! {
        #[test]
        fn a_pause_is_never_under_half_a_second_nor_over_an_hour(attempt: i32, luck in 0.0..=1.0) {
            let pause = pause(attempt, luck);
            prop_assert!(pause >= Duration::from_millis(500) && pause <= LONGEST);
        }
    }
}
