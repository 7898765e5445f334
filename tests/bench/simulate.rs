//! A week at one minute for many objects: `make bench-simulate`. Arguments: how many objects.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::Instant;

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::model::simulation::series::{Series, SeriesId, SeriesSet, Tasks};
use ecs_scaling::model::simulation::synthetic::{Load, Shape};
use ecs_scaling::model::simulation::{Feedback, Setup, simulate};
use ecs_scaling::model::tasks::TaskTimes;
use jiff::{SignedDuration, Timestamp};

const OBJECT: &str = include_str!("../data/simulate/search-api-later.yaml");
const WEEK: i64 = 7 * 24 * 60;

fn main() {
    let objects: i32 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(1000);
    let file = SourceFile { path: "object.yaml".into(), bytes: OBJECT.into() };
    let object = load(&[file]).desired.services.into_values().next().unwrap();
    let (subject, start) = (object.subject(), Timestamp::UNIX_EPOCH);
    let end = start + SignedDuration::from_mins(WEEK);
    let times = TaskTimes { start: SignedDuration::from_secs(90), stop: SignedDuration::ZERO };
    let began = Instant::now();
    let mut activities = 0;
    for number in 0..objects {
        let load = Load { shape: Shape::Sine, low: 5.0, high: 60.0 + f64::from(number % 40) };
        let series: Series = load.series(SeriesId::named("CPUUtilization"), start, WEEK).demand(&Tasks::Constant(4));
        let setup = Setup { start, end, tasks: 4, times, feedback: Feedback::Closed };
        let figures = simulate(&subject, SeriesSet(vec![series]), &setup).figures;
        activities += figures.scale_outs + figures.scale_ins;
    }
    let took = began.elapsed().as_secs_f64();
    assert!(activities > 0, "nothing was scaled");
    println!(
        "simulate: {objects} objects, a week at one minute, 2 policies each: {took:.2} s, {:.2} ms an object, {activities} activities",
        took * 1000.0 / f64::from(objects)
    );
}
