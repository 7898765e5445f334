//! Asks the probes one after the other, each on a ground as it wants it, and removes after each what it made.

use tokio_util::sync::CancellationToken;

use super::ground::Ground;
use super::{Probe, Start, Stop};

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What was answered, without the names of the run.
    Said(String),
    /// Why nothing is known.
    Unanswered(String),
}

impl Answer {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Said(text) => text.clone(),
            Self::Unanswered(why) => format!("(no answer: {why})"),
        }
    }
}

/// Makes what all probes share, and asks those that suit the ground, in this order, until `stop`. What is made stays in
/// the ground's journal.
///
/// # Errors
/// Where the service of the run could not be made.
pub(super) async fn play<'p>(
    ground: &Ground,
    probes: &'p [Probe],
    stop: &CancellationToken,
) -> Result<Vec<(&'p Probe, Answer)>, Stop> {
    if ground.place.given.is_none() {
        ground.make_service(&ground.place.name).await?;
    }
    let shared = ground.journal().len();
    let mut answers = vec![];
    for probe in probes.iter().filter(|probe| !probe.of_own_service || ground.place.given.is_none()) {
        if stop.is_cancelled() {
            break;
        }
        answers.push((probe, one(ground, probe, shared).await));
    }
    Ok(answers)
}

async fn one(ground: &Ground, probe: &Probe, shared: usize) -> Answer {
    let told = match prepare(ground, probe.start, shared).await {
        Ok(()) => {
            let mark = ground.journal().len();
            let told = (probe.ask)(ground).await;
            ground.remove_to(mark).await;
            told
        }
        Err(stop) => Err(stop),
    };
    match told {
        Ok(text) | Err(Stop::Refused(text)) => Answer::Said(ground.without_names(&text)),
        Err(Stop::Unanswered(why)) => Answer::Unanswered(ground.without_names(&why)),
    }
}

/// The target is shared by the probes that want one, and removed before those that want none.
async fn prepare(ground: &Ground, start: Start, shared: usize) -> Result<(), Stop> {
    let has_target = ground.journal().len() > shared;
    match start {
        Start::Target if !has_target => ground.new_target().await,
        Start::NoTarget if has_target => {
            ground.remove_to(shared).await;
            Ok(())
        }
        _ => Ok(()),
    }
}
