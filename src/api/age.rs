//! How long ago something was, in few characters.

use jiff::Timestamp;

/// In kubectl's manner: `12s`, `5m`, `3h`, `2d`; what is yet to come is `0s`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
