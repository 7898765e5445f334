//! A service's load, and the utilisation that it makes.

/// Demand in percent of one task: 200 keeps two tasks fully busy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Of a task's CPU.
    pub cpu: f64,
    /// Of a task's memory.
    pub memory: f64,
}

impl Load {
    /// `CPUUtilization` and `MemoryUtilization` in percent, shared evenly by the running tasks; `None` with none
    /// running, where ECS puts no datapoint at all (S-017). Above 100 as on ECS, where tasks without a hard limit
    /// burst.
    pub(crate) fn utilisation(self, running: i32) -> Option<[(&'static str, f64); 2]> {
        let tasks = f64::from(running);
        (running > 0).then(|| [("CPUUtilization", self.cpu / tasks), ("MemoryUtilization", self.memory / tasks)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_shared_by_the_running_tasks() {
        let load = Load { cpu: 180.0, memory: 40.0 };
        assert_eq!(load.utilisation(4), Some([("CPUUtilization", 45.0), ("MemoryUtilization", 10.0)]));
        assert_eq!(load.utilisation(0), None, "S-017");
    }
}
