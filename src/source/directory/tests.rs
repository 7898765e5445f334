//! On real files and real time: short times, and never an exact one.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(20);

fn timing() -> Timing {
    Timing { poll: SHORT, settle: SHORT, give_up: LONG, watch: false, again: None }
}

fn source(directory: &TempDir) -> DirectorySource {
    DirectorySource::new(directory.path(), timing())
}

async fn next(source: &mut DirectorySource) -> Snapshot {
    timeout(LONG, source.next()).await.expect("a snapshot in time").expect("a good snapshot")
}

async fn error(source: &mut DirectorySource) -> String {
    timeout(LONG, source.next()).await.expect("an error in time").expect_err("an error").to_string()
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files.iter().map(|file| file.path.as_str()).collect()
}

fn text<'a>(snapshot: &'a Snapshot, path: &str) -> &'a str {
    let file = snapshot.files.iter().find(|file| file.path == path).expect("the file");
    std::str::from_utf8(&file.bytes).expect("text")
}

/// Writes a version as the kubelet does, and swaps `..data` to it.
fn mount(root: &Path, version: &str, files: &[(&str, String)]) {
    let directory = root.join(format!("..{version}"));
    fs::create_dir(&directory).unwrap();
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
        if fs::symlink_metadata(root.join(name)).is_err() {
            symlink(Path::new("..data").join(name), root.join(name)).unwrap();
        }
    }
    let before = fs::read_link(root.join("..data")).ok();
    symlink(format!("..{version}"), root.join("..data_tmp")).unwrap();
    fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    if let Some(before) = before {
        fs::remove_dir_all(root.join(before)).unwrap();
    }
}

#[tokio::test]
async fn yaml_files_are_read_recursively_and_in_order() {
    let directory = TempDir::new().unwrap();
    fs::create_dir_all(directory.path().join("b/.git")).unwrap();
    for path in ["z.yaml", "a.yml", "b/c.yaml", ".hidden.yaml", "b/.git/x.yaml", "readme.md", "b/a.yaml~"] {
        fs::write(directory.path().join(path), "a: 1\n").unwrap();
    }
    let snapshot = next(&mut source(&directory)).await;
    assert_eq!(paths(&snapshot), ["a.yml", "b/c.yaml", "z.yaml"]);
    assert_eq!(snapshot.revision.len(), 16);
}

#[tokio::test]
async fn one_file_is_a_source() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.yaml");
    fs::write(&path, "a: 1\n").unwrap();
    let mut source = DirectorySource::new(&path, timing());
    assert_eq!(paths(&next(&mut source).await), ["a.yaml"]);
}

#[tokio::test]
async fn a_file_half_written_never_counts() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.yaml");
    fs::write(&path, "maxCapacity: 4").unwrap(); // of `maxCapacity: 40`
    let mut source = source(&directory);
    let reading = timeout(SHORT * 10, source.next()).await;
    assert!(reading.is_err(), "{reading:?}");
    fs::write(&path, "maxCapacity: 40\n").unwrap();
    assert_eq!(text(&next(&mut source).await, "a.yaml"), "maxCapacity: 40\n");
}

#[tokio::test]
async fn files_written_in_turn_are_seen_together() {
    let directory = TempDir::new().unwrap();
    let write = |name: &str, n: u32| fs::write(directory.path().join(name), format!("n: {n}\n")).unwrap();
    write("a.yaml", 0);
    write("b.yaml", 0);
    let mut source = DirectorySource::new(directory.path(), Timing { settle: SHORT * 20, ..timing() });
    next(&mut source).await;
    write("a.yaml", 1);
    let (snapshot, ()) = tokio::join!(next(&mut source), async {
        sleep(SHORT * 5).await; // within the time of settling
        write("b.yaml", 1);
    });
    assert_eq!((text(&snapshot, "a.yaml"), text(&snapshot, "b.yaml")), ("n: 1\n", "n: 1\n"));
}

#[tokio::test]
async fn a_file_without_an_end_is_named_in_the_end() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("a.yaml"), "a: 1").unwrap();
    let mut source = DirectorySource::new(directory.path(), Timing { give_up: SHORT * 5, ..timing() });
    let message = error(&mut source).await;
    assert!(message.contains("a.yaml does not end in a newline"), "{message}");
}

#[tokio::test]
async fn a_thousand_swaps_are_never_read_mixed() {
    let directory = TempDir::new().unwrap();
    let root = directory.path().to_owned();
    let version = |n: usize| {
        let files = ["a.yaml", "b.yaml", "c.yaml"].map(|name| (name, format!("version: {n}\n")));
        mount(&root, &format!("2024_{n}"), &files);
    };
    version(0);
    let mut source = source(&directory);
    let last = "version: 1000\n";
    let swaps = async {
        for n in 1..=1000 {
            sleep(Duration::from_millis(1)).await;
            version(n);
        }
    };
    let reads = async {
        let mut read = 0;
        loop {
            let snapshot = next(&mut source).await; // never an error, though versions vanish while they are read
            assert_eq!(paths(&snapshot), ["a.yaml", "b.yaml", "c.yaml"]);
            let texts = ["a.yaml", "b.yaml", "c.yaml"].map(|name| text(&snapshot, name));
            assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
            read += 1;
            if texts[0] == last {
                println!("1,000 swaps: {read} snapshots, each of one version");
                assert!(read > 10, "{read} snapshots");
                return;
            }
        }
    };
    tokio::join!(swaps, reads);
}

#[tokio::test]
async fn a_mounted_file_is_whole_without_a_newline() {
    let directory = TempDir::new().unwrap();
    mount(directory.path(), "2024_1", &[("a.yaml", "a: 1".into())]);
    assert_eq!(text(&next(&mut source(&directory)).await, "a.yaml"), "a: 1\n");
}

#[tokio::test]
async fn mounts_may_stand_side_by_side_below_the_root() {
    let directory = TempDir::new().unwrap();
    for name in ["one", "two"] {
        fs::create_dir(directory.path().join(name)).unwrap();
        mount(&directory.path().join(name), "2024_1", &[("a.yaml", format!("name: {name}\n"))]);
    }
    assert_eq!(paths(&next(&mut source(&directory)).await), ["one/a.yaml", "two/a.yaml"]);
}

#[tokio::test]
async fn a_change_is_found_by_polling_where_notifications_are_silent() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.yaml");
    fs::write(&path, "a: 1\n").unwrap();
    let mut source = source(&directory); // without a watch
    next(&mut source).await;
    assert!(timeout(SHORT * 5, source.next()).await.is_err(), "nothing changed, nothing comes");
    fs::write(&path, "a: 2\n").unwrap();
    assert_eq!(text(&next(&mut source).await, "a.yaml"), "a: 2\n");
}

#[tokio::test]
async fn a_notification_comes_before_the_poll() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.yaml");
    fs::write(&path, "a: 1\n").unwrap();
    let hour = Duration::from_secs(3600);
    let mut source = DirectorySource::new(directory.path(), Timing { poll: hour, watch: true, ..timing() });
    next(&mut source).await;
    fs::write(&path, "a: 2\n").unwrap();
    assert_eq!(text(&next(&mut source).await, "a.yaml"), "a: 2\n");
}

// ack#2361
#[tokio::test]
async fn the_source_is_never_written_to() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.yaml");
    fs::write(&path, "a: 1\n").unwrap();
    let state = || {
        (fs::metadata(&path).unwrap().modified().unwrap(), fs::metadata(directory.path()).unwrap().modified().unwrap())
    };
    let before = state();
    let mut source = DirectorySource::new(directory.path(), Timing { watch: true, ..timing() });
    next(&mut source).await;
    assert!(timeout(SHORT * 5, source.next()).await.is_err());
    assert_eq!(state(), before);
}

#[tokio::test]
async fn a_directory_that_is_gone_is_an_error_and_not_an_empty_set() {
    let directory = TempDir::new().unwrap();
    let root = directory.path().join("config");
    let fill = || {
        fs::create_dir(&root).unwrap();
        fs::write(root.join("a.yaml"), "a: 1\n").unwrap();
    };
    fill();
    let mut source = DirectorySource::new(&root, timing());
    let before = next(&mut source).await;
    fs::remove_dir_all(&root).unwrap();
    assert!(error(&mut source).await.starts_with("reading "));
    assert!(error(&mut source).await.starts_with("reading "), "it is said again with each poll");
    fill();
    assert_eq!(next(&mut source).await, before, "the recovery is seen, though nothing differs");
}

#[tokio::test]
async fn symlinks_out_of_the_source_and_to_directories_are_refused() {
    let (directory, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(outside.path().join("secret"), "a: 1\n").unwrap();
    fs::create_dir(directory.path().join("sub")).unwrap();
    let link = directory.path().join("a.yaml");
    symlink(outside.path().join("secret"), &link).unwrap();
    assert!(error(&mut source(&directory)).await.contains("leads out of the source"));
    fs::remove_file(&link).unwrap();
    symlink(outside.path(), directory.path().join("..data")).unwrap();
    assert!(error(&mut source(&directory)).await.contains("leads out of the source"));
    fs::remove_file(directory.path().join("..data")).unwrap();
    symlink("..", directory.path().join("sub/up")).unwrap();
    assert!(error(&mut source(&directory)).await.contains("symlink to a directory"));
}

#[tokio::test]
async fn a_symlink_to_nothing_is_named_in_the_end() {
    let directory = TempDir::new().unwrap();
    symlink("nowhere", directory.path().join("a.yaml")).unwrap();
    let mut source = DirectorySource::new(directory.path(), Timing { give_up: SHORT * 5, ..timing() });
    assert!(error(&mut source).await.contains("a.yaml"));
}

#[tokio::test]
async fn a_pipe_by_the_name_of_a_file_does_not_hang_the_source() {
    let directory = TempDir::new().unwrap();
    let made = std::process::Command::new("mkfifo").arg(directory.path().join("a.yaml")).status().unwrap();
    assert!(made.success());
    // A pipe is no symlink and no directory: it is refused before it is opened.
    assert!(error(&mut source(&directory)).await.contains("is not a regular file"));
}

#[tokio::test]
async fn a_file_too_large_is_left_to_its_finding() {
    let directory = TempDir::new().unwrap();
    let large = vec![b'\n'; crate::api::yaml::MAX_BYTES + 5];
    fs::write(directory.path().join("a.yaml"), large).unwrap();
    let snapshot = next(&mut source(&directory)).await;
    assert_eq!(snapshot.files[0].bytes.len(), crate::api::yaml::MAX_BYTES + 1);
    assert_eq!(crate::api::load::load(&snapshot.files).held.len(), 1);
}

#[tokio::test]
async fn more_than_anybodys_objects_take_is_not_read() {
    let directory = TempDir::new().unwrap();
    let large = vec![b'\n'; crate::api::yaml::MAX_BYTES];
    (0..8).for_each(|n| fs::write(directory.path().join(format!("{n}.yaml")), &large).unwrap());
    // So much takes its time on a machine that is busy; what is refused is refused after the first reading.
    let source = |give_up| DirectorySource::new(directory.path(), Timing { give_up, ..timing() });
    let whole =
        timeout(LONG * 12, source(LONG * 12).next()).await.expect("a snapshot in time").expect("a good snapshot");
    assert_eq!(whole.files.len(), 8);
    fs::write(directory.path().join("8.yaml"), "\n").unwrap();
    let refused = timeout(LONG * 12, source(SHORT).next()).await.expect("an error in time");
    let message = refused.expect_err("an error").to_string();
    assert!(message.contains("bytes of YAML; give the objects a directory of their own"), "{message}");
}

#[tokio::test]
async fn directories_without_end_are_not_walked() {
    let directory = TempDir::new().unwrap();
    let deep: std::path::PathBuf = std::iter::repeat_n("d", 32).collect();
    fs::create_dir_all(directory.path().join(&deep)).unwrap();
    fs::write(directory.path().join(&deep).join("a.yaml"), "a: 1\n").unwrap();
    let mut source = source(&directory);
    assert_eq!(next(&mut source).await.files.len(), 1);
    fs::create_dir(directory.path().join(&deep).join("d")).unwrap();
    assert!(error(&mut source).await.contains("32 directories, one within the other"));
}

// Whoever writes a file and does not stop for a second is never read half: neither where the cut lies within a line, nor
// where what is there so far would be a whole file.
#[tokio::test(start_paused = true)]
async fn a_file_cut_at_any_byte_while_it_is_written_is_read_as_the_old_or_the_new_one() {
    let old = "a: 1\nb:\n- one\n- two\nc: {x: 1,\n  y: 2}\n---\nd: 4\n";
    let new = old.replace("one", "three").replace("d: 4", "d: 40\ne: |\n  text\n\n  more");
    let timing = Timing { poll: Duration::from_millis(300), watch: false, ..Timing::default() };
    let mut cuts = 0;
    for cut in 0..=new.len() {
        for pause in [0, 400, 900] {
            let directory = TempDir::new().unwrap();
            let path = directory.path().join("a.yaml");
            fs::write(&path, old).unwrap();
            let mut source = DirectorySource::new(directory.path(), timing);
            assert_eq!(text(&next(&mut source).await, "a.yaml"), old);
            sleep(Duration::from_millis(cut as u64 * 37 % 1300)).await; // at any moment of a poll
            fs::write(&path, &new[..cut]).unwrap();
            let written = async {
                sleep(Duration::from_millis(pause)).await;
                fs::write(&path, &new).unwrap();
            };
            let (read, ()) = tokio::join!(next(&mut source), written);
            assert_eq!(text(&read, "a.yaml"), new, "cut at {cut}, a pause of {pause} ms");
            cuts += 1;
        }
    }
    println!("{cuts} cuts: nothing half written was read");
}
