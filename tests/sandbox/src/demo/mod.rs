//! `demo`: the real controller on the pretended AWS, told as a story.
//!
//! ```text
//! stage       the world, the controller in the same process, and their one clock
//! story       the numbered steps
//! timeline    load on a service, and what it moves, minute by minute
//! permission  a permission that is missing, in another account
//! pages       how it is printed
//! serving     afterwards: sandbox, metrics and API over HTTP
//! ```
//!
//! The story runs in virtual time, so it is the same on every machine. What it prints it has read from the world or
//! from the controller; a step that does not come true ends the demo with an error.

mod pages;
mod permission;
mod serving;
mod stage;
mod story;
mod timeline;

use std::path::PathBuf;

use anyhow::Result;

use pages::Pages;
use stage::Stage;

/// What `demo` is told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Directory with the objects that the controller is given.
    #[arg(long, default_value = "deploy/examples")]
    config: PathBuf,
    /// End after the story, and serve nothing.
    #[arg(long)]
    exit: bool,
}

/// Tells the story; then serves until Ctrl-C, unless told to exit. Time must be paused.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let pages = Pages::to_stdout();
    let stage = Stage::set(arguments.config).await?;
    story::tell(&stage, &pages).await?;
    if arguments.exit {
        return stage.strike().await;
    }
    serving::serve(stage, &pages).await
}
