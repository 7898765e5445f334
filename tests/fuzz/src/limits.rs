//! The limits on time: what one input may take, and how it may grow when the input does.
//!
//! Time is the thread's own processor time, the least of several runs, so that other work on the machine does not count.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Target;

/// What an input may take: twenty times what the slowest target needs in a debug build.
const BASE: Duration = Duration::from_millis(200);
const PER_BYTE: Duration = Duration::from_micros(50);

/// An input is made longer to these sizes. In linear time each takes twice as long as the one before, in quadratic time
/// four times. One step may be a larger one, where something begins only at some size; two are growth.
const SIZES: [usize; 3] = [16 << 10, 32 << 10, 64 << 10];
const GROWTH: f64 = 2.5;
/// Below this, a clock's grain and a cold cache decide.
const WORTH_COMPARING: Duration = Duration::from_millis(20);

/// Runs a target on an input, and on longer ones made from it where `grows` says so; panics over the limits.
pub fn check(target: &Target, bytes: &[u8], grows: bool) {
    let limit = BASE + PER_BYTE * u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let took = least(target, bytes, limit);
    assert!(took <= limit, "{}: {} bytes took {took:?}, the limit is {limit:?}", target.name, bytes.len());
    if grows {
        for shape in [whole, middle] {
            check_growth(target, bytes, shape);
        }
    }
}

/// Whether an input is one of the few whose growth is looked at: a property of the input, so that it is found again.
pub fn is_grown(bytes: &[u8]) -> bool {
    hash(bytes).is_multiple_of(256)
}

fn check_growth(target: &Target, bytes: &[u8], shape: fn(&[u8], usize) -> Vec<u8>) {
    let time = |size| least(target, &shape(bytes, size), Duration::ZERO);
    let [short, middle, long] = SIZES;
    if least(target, &shape(bytes, middle), WORTH_COMPARING) <= WORTH_COMPARING {
        return;
    }
    let (first, second) = (time(short), time(middle));
    if second <= first.mul_f64(GROWTH) {
        return;
    }
    let third = time(long);
    assert!(
        third <= second.mul_f64(GROWTH),
        "{}: {SIZES:?} bytes took {:?}: each more than {GROWTH} times as long as the one before; made from {:?}",
        target.name,
        [first, second, third],
        String::from_utf8_lossy(bytes)
    );
}

/// The least time of at most four runs; the first within `enough` will do.
fn least(target: &Target, bytes: &[u8], enough: Duration) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..4 {
        let begun = processor_time();
        (target.run)(bytes);
        least = least.min(processor_time().saturating_sub(begun));
        if least <= enough {
            break;
        }
    }
    least
}

fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}

/// The input again and again.
fn whole(bytes: &[u8], size: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(if bytes.is_empty() { 0 } else { size }).collect()
}

/// A few bytes of it again and again, between what stands before and behind them: what nests and what repeats.
fn middle(bytes: &[u8], size: usize) -> Vec<u8> {
    let hash = hash(bytes);
    let at = hash % bytes.len().max(1);
    let (before, rest) = bytes.split_at(at.min(bytes.len()));
    let (repeated, behind) = rest.split_at((hash / 7 % 24 + 1).min(rest.len()));
    let room = size.saturating_sub(bytes.len());
    let repeated = repeated.iter().copied().cycle().take(if repeated.is_empty() { 0 } else { room });
    before.iter().copied().chain(repeated).chain(behind.iter().copied()).collect()
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0x811c_9dc5, |hash: usize, byte| (hash ^ usize::from(*byte)).wrapping_mul(0x0100_0193) & 0xffff_ffff)
}
