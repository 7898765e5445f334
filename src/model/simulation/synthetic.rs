//! Load that nobody recorded.

use jiff::Timestamp;

use super::series::{Series, SeriesId};

/// The shapes of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One wave a day, lowest at the start; of shorter simulations one wave in all.
    Sine,
    /// Low for the first quarter, high from then on.
    Step,
    /// Low, and high for a tenth of the time, but at most 30 minutes, from the first quarter on.
    Spike,
}

/// How load moves, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Its shape.
    pub shape: Shape,
    /// At its lowest.
    pub low: f64,
    /// At its highest.
    pub high: f64,
}

/// Where load that nobody recorded begins: a Monday, so that schedules with days have their turn.
pub const START: &str = "2026-01-05T00:00:00Z";
const DAY: i64 = 24 * 60;
const LONGEST_SPIKE: i64 = 30;

impl Load {
    /// A value a minute, for so many minutes.
    pub fn series(self, id: SeriesId, start: Timestamp, minutes: i64) -> Series {
        let first = start.as_second();
        let point = |minute: i64| (first + minute * 60, self.at(minute, minutes));
        Series::new(id, (0..minutes).map(point).collect())
    }

    fn at(self, minute: i64, minutes: i64) -> f64 {
        let high = match self.shape {
            Shape::Step => minute >= minutes / 4,
            Shape::Spike => (minutes / 4..minutes / 4 + (minutes / 10).clamp(1, LONGEST_SPIKE)).contains(&minute),
            Shape::Sine => {
                let wave = minutes.clamp(1, DAY);
                #[allow(clippy::cast_precision_loss)] // minutes of a simulation are far fewer than 2^52
                let angle = minute as f64 / wave as f64 * std::f64::consts::TAU;
                // A hundredth is fine enough, and reads well.
                let value = self.low + (self.high - self.low) * (1.0 - angle.cos()) / 2.0;
                return (value * 100.0).round() / 100.0;
            }
        };
        if high { self.high } else { self.low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(shape: Shape, minutes: i64) -> Vec<f64> {
        let load = Load { shape, low: 10.0, high: 90.0 };
        let series = load.series(SeriesId::default(), Timestamp::UNIX_EPOCH, minutes);
        series.points().iter().map(|(_, value)| *value).collect()
    }

    #[test]
    fn each_shape_goes_from_low_to_high() {
        assert_eq!(values(Shape::Step, 8), [10.0, 10.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0]);
        assert_eq!(values(Shape::Spike, 8), [10.0, 10.0, 90.0, 10.0, 10.0, 10.0, 10.0, 10.0]);
        let wave = values(Shape::Sine, 8);
        assert_eq!((wave[0], wave[2], wave[4], wave[6]), (10.0, 50.0, 90.0, 50.0));
        let days = values(Shape::Sine, 2 * DAY);
        assert_eq!((days[0], days[720], days[1440], days[2160]), (10.0, 90.0, 10.0, 90.0));
    }
}
