//! The values of conditions: numbers, dates and networks.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

pub(super) fn compare_numbers(request: &str, policy: &str) -> Option<Ordering> {
    Some(number(request)?.cmp(&number(policy)?))
}

fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

pub(super) fn compare_dates(request: &str, policy: &str) -> Option<Ordering> {
    Some(instant(request)?.cmp(&instant(policy)?))
}

/// ISO 8601, in UTC where no offset is given, or seconds since 1970.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_number && text.len() != 8 {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    let in_utc = |civil: DateTime| TimeZone::UTC.to_timestamp(civil).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| in_utc(text.parse::<DateTime>().ok()?))
        .or_else(|| in_utc(text.parse::<Date>().ok()?.at(0, 0, 0, 0)))
}

/// Whether an address lies in a network; a bare address is a network of one.
pub(super) fn is_in_network(address: &str, network: &str) -> Option<bool> {
    let (base, length) = match network.trim().split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network.trim(), None),
    };
    Some(match (IpAddr::from_str(address.trim()).ok()?, IpAddr::from_str(base).ok()?) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            let shift = 32_u32.checked_sub(length.unwrap_or(32))?;
            (u32::from(address) ^ u32::from(base)).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            let shift = 128_u32.checked_sub(length.unwrap_or(128))?;
            (u128::from(address) ^ u128::from(base)).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    })
}
