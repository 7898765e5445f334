//! The demo tells the same story on every machine.

use std::process::Command;

use crate::golden;
use crate::source_tree::root;

#[test]
fn the_demo_shows_what_its_golden_file_shows_within_110_columns() {
    let demo = Command::new(env!("CARGO_BIN_EXE_ecs-scaling-sandbox"))
        .args(["demo", "--exit"])
        .current_dir(root())
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1") // whatever the environment says, it stays within the process
        .output()
        .unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let shown = String::from_utf8(demo.stdout).unwrap();
    let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 110).collect();
    assert_eq!(wide, Vec::<&str>::new());
    assert!(!shown.contains('\x1b'), "colour is for terminals");
    golden::check("demo.txt", &shown);
}
