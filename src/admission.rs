//! Which calls are let through: one that is known to be denied waits until it is time for a probe.
//!
//! Owns that every read of the loop and every write passes here. Which denials stand, and when one is probed, is kept by
//! whoever implements [`Admission`].

pub use crate::diagnose::denials::Call;
use crate::model::failure::Failure;

/// Who knows which calls are denied, so that each is not tried by every object.
pub trait Admission {
    /// The denial that keeps a call from being sent now.
    fn denial(&self, call: Call<'_>) -> Option<Failure>;
    /// A call went through.
    fn went_through(&self, call: Call<'_>);
    /// Takes note of a failed call.
    fn note(&self, failure: &Failure, call: Call<'_>);
}

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It was not sent: this denial stands.
    Held(Failure),
    /// It was sent, and failed.
    Failed(Failure),
}

impl Refused {
    /// The failure, of this call or of the one before.
    pub fn failure(self) -> Failure {
        match self {
            Self::Held(failure) | Self::Failed(failure) => failure,
        }
    }
}

/// Sends a call, unless it is known to be denied and it is not time for a probe.
pub async fn admit<T>(
    admission: &impl Admission,
    call: Call<'_>,
    reply: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Refused> {
    if let Some(denial) = admission.denial(call) {
        return Err(Refused::Held(denial));
    }
    match reply.await {
        Ok(reply) => {
            admission.went_through(call);
            Ok(reply)
        }
        Err(failure) => {
            admission.note(&failure, call);
            Err(Refused::Failed(failure))
        }
    }
}
