//! What registering a target does to running tasks, and when that is withheld.
//!
//! desiredCount is never written here, but RegisterScalableTarget moves it at once when it lies outside the range, and
//! so can any re-register, whatever it changes (S-010).

use super::action::CapacityMove;
use crate::model::capacity::CapacityRange;
use crate::model::observed::Service;

/// The move that a register with this range brings about; `None` when the desired count lies within.
pub(super) fn move_by_register(service: &Service, range: CapacityRange) -> Option<CapacityMove> {
    let to = range.clamp(service.desired_count);
    (to != service.desired_count).then_some(CapacityMove { from: service.desired_count, to })
}

/// Why a move is not safe; `None` when it is.
///
/// A service parked at 0 was stopped by somebody. Taking away more than max(2, half of the running tasks) at once is
/// an outage waiting to happen.
pub(super) fn danger(service: &Service, change: CapacityMove) -> Option<String> {
    if change.from == 0 && change.to > 0 {
        return Some(format!("it would start the service, which is parked at 0, with {} tasks", change.to));
    }
    let taken = change.from - change.to;
    let limit = (service.running_count / 2).max(2);
    (taken > limit).then(|| {
        format!("it would take away {taken} of {} running tasks at once (the limit is {limit})", service.running_count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(desired: i32, running: i32) -> Service {
        Service {
            arn: String::new(),
            status: "ACTIVE".into(),
            desired_count: desired,
            running_count: running,
            pending_count: 0,
            daemon: false,
            code_deploy: false,
            deploying: false,
            target_groups: Vec::new(),
        }
    }

    fn register(desired: i32, running: i32, min: i32, max: i32) -> (Option<CapacityMove>, bool) {
        let service = service(desired, running);
        let change = move_by_register(&service, CapacityRange::new(min, max).unwrap());
        (change, change.is_some_and(|change| danger(&service, change).is_some()))
    }

    #[test]
    fn a_count_within_the_range_stays() {
        assert_eq!(register(4, 4, 2, 20), (None, false));
        assert_eq!(register(0, 0, 0, 20), (None, false));
    }

    #[test]
    fn a_parked_service_is_not_started() {
        assert_eq!(register(0, 0, 2, 20), (Some(CapacityMove { from: 0, to: 2 }), true));
    }

    #[test]
    fn more_than_half_is_not_taken_away() {
        assert_eq!(register(30, 30, 2, 4), (Some(CapacityMove { from: 30, to: 4 }), true));
        assert!(!register(30, 30, 2, 15).1);
        assert!(register(30, 30, 2, 14).1);
        assert!(!register(3, 3, 0, 1).1, "two tasks may always go");
        assert!(!register(1, 1, 2, 20).1, "adding to a running service is safe");
    }
}
