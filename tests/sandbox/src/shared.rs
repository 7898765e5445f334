//! A world that several transports share, and the clock that it lives by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::message::{Reply, Request};
use crate::world::World;

/// A world behind a lock, with its clock.
#[derive(Clone)]
pub struct Shared {
    world: Arc<Mutex<World>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Shared {
    /// Shares a world.
    pub fn new(world: World, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { world: Arc::new(Mutex::new(world)), clock: Arc::new(clock) }
    }

    /// The world, locked. A panic elsewhere while it was locked does not keep it from being read.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time by this world's clock.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Answers one request, now.
    pub fn handle(&self, request: &Request) -> Reply {
        let now = self.now();
        self.world().handle(request, now)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}
