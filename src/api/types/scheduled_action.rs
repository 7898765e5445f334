//! Scheduled actions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scheduled action (`PutScheduledAction`): at its times it sets the service's min and max, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduledActionSpec {
    /// The action's name (`ScheduledActionName`), unique among the service's: 1 to 256 characters without `:`, `/` and
    /// `|`.
    pub scheduled_action_name: String,
    /// When it runs (`Schedule`): `at(2026-12-31T23:30:00)`, `rate(1 day)`, or `cron(30 6 ? * MON-FRI *)` with minute,
    /// hour, day of month, month, day of week, year.
    pub schedule: String,
    /// The time zone of `at` and `cron` (`Timezone`), by its IANA name such as `Asia/Seoul`. Default: `UTC`.
    pub timezone: Option<String>,
    /// From when on it runs (`StartTime`), in UTC such as `2026-12-01T00:00:00Z`; a `rate` or `cron` runs at this moment
    /// too. Default: from now on.
    pub start_time: Option<String>,
    /// Until when it runs (`EndTime`), in UTC such as `2027-01-31T00:00:00Z`; nothing is put back then. Default: for
    /// ever.
    pub end_time: Option<String>,
    /// What it sets (`ScalableTargetAction`): at least one of the two.
    pub scalable_target_action: ScalableTargetActionSpec,
}

/// The min and max that a scheduled action sets. An unset one stays as it is; 0 is not unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalableTargetActionSpec {
    /// The new smallest task count, in tasks (`MinCapacity`): 0 or more. Default: left as it is.
    pub min_capacity: Option<i32>,
    /// The new largest task count, in tasks (`MaxCapacity`): 0 or more. Default: left as it is.
    pub max_capacity: Option<i32>,
}
