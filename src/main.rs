//! The `ecs-scaling` binary; see `ecs_scaling::cli`.

fn main() -> std::process::ExitCode {
    ecs_scaling::cli::main()
}
