//! One read of a file or a directory tree. Synchronous; what was read may still be half written.
//!
//! A directory that Kubernetes mounts holds a symlink `..data`, which is swapped as a whole. It is followed once, so
//! that everything below comes from one version.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::api::load::SourceFile;
use crate::api::yaml::MAX_BYTES;
use crate::source::SourceError;

const DATA: &str = "..data";
/// The most files that are read, and the most bytes of all of them together: at 3,000 objects a region, and one file an
/// object, this is far.
const MAX_FILES: usize = 20_000;
const MAX_ALL_BYTES: usize = 8 * MAX_BYTES;
/// The most directories, one within the other.
const MAX_DEPTH: usize = 32;

/// What one read gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// In no order.
    pub(super) files: Vec<SourceFile>,
    /// The files that do not end in a newline, and may be half written. Those below a `..data` are whole.
    pub(super) open_ended: Vec<String>,
    /// Whether every file came from below a `..data`.
    pub(super) is_swapped: bool,
}

/// Reads the source. `None`: a `..data` was swapped meanwhile, and what was read may be of two versions.
pub(super) fn read(root: &Path) -> Result<Option<Reading>, SourceError> {
    let real = fs::canonicalize(root).map_err(unreadable(root))?;
    let mut walk = Walk { root: real.clone(), files: Vec::new(), swaps: Vec::new(), bytes: 0 };
    if real.is_dir() {
        walk.directory(&real, Path::new(""), false)?;
    } else {
        let name = root.file_name().map(PathBuf::from).unwrap_or_default();
        let is_whole = fs::read_link(root).is_ok_and(|target| target.starts_with(DATA));
        walk.file(&real, &name, is_whole)?;
    }
    if fs::canonicalize(root).map_err(unreadable(root))? != real || !walk.swaps_stand() {
        return Ok(None);
    }
    let is_swapped = walk.files.iter().all(|(_, is_whole)| *is_whole) && !walk.files.is_empty();
    let open_ended = walk.files.iter().filter(|(file, _)| !file.bytes.ends_with(b"\n"));
    let open_ended = open_ended.map(|(file, _)| file.path.clone()).collect();
    Ok(Some(Reading { files: walk.files.into_iter().map(|(file, _)| file).collect(), open_ended, is_swapped }))
}

struct Walk {
    root: PathBuf,
    /// Each with whether it is whole for sure.
    files: Vec<(SourceFile, bool)>,
    /// Each `..data` that was followed, and where it led.
    swaps: Vec<(PathBuf, PathBuf)>,
    /// Of all files so far.
    bytes: usize,
}

impl Walk {
    fn directory(&mut self, directory: &Path, shown: &Path, is_whole: bool) -> Result<(), SourceError> {
        if shown.components().count() > MAX_DEPTH {
            return Err(too_much(directory, &format!("{MAX_DEPTH} directories, one within the other")));
        }
        let data = directory.join(DATA);
        if let Ok(target) = fs::read_link(&data) {
            let version = fs::canonicalize(directory.join(&target)).map_err(unreadable(&data))?;
            self.must_stay_inside(&data, &version)?;
            self.swaps.push((data, target));
            return self.entries(&version, shown, true);
        }
        self.entries(directory, shown, is_whole)
    }

    fn entries(&mut self, directory: &Path, shown: &Path, is_whole: bool) -> Result<(), SourceError> {
        for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
            let entry = entry.map_err(unreadable(directory))?;
            let (path, name) = (entry.path(), entry.file_name());
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let shown = shown.join(&name);
            let kind = entry.file_type().map_err(unreadable(&path))?;
            if kind.is_dir() {
                self.directory(&path, &shown, is_whole)?;
            } else if kind.is_symlink() {
                self.symlink(&path, &shown, is_whole)?;
            } else if is_yaml(&path) {
                self.file(&path, &shown, is_whole)?;
            }
        }
        Ok(())
    }

    fn symlink(&mut self, path: &Path, shown: &Path, is_whole: bool) -> Result<(), SourceError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(_) if !is_yaml(path) => return Ok(()),
            Err(error) => return Err(unreadable(path)(error)),
        };
        if metadata.is_dir() {
            return Err(SourceError::LinkedDirectory { path: path.to_owned() });
        }
        if !is_yaml(path) {
            return Ok(());
        }
        let target = fs::canonicalize(path).map_err(unreadable(path))?;
        self.must_stay_inside(path, &target)?;
        self.file(&target, shown, is_whole)
    }

    fn file(&mut self, path: &Path, shown: &Path, is_whole: bool) -> Result<(), SourceError> {
        if !fs::metadata(path).map_err(unreadable(path))?.is_file() {
            return Err(SourceError::NotAFile { path: path.to_owned() }); // opening a pipe would wait for ever
        }
        let mut bytes = Vec::new();
        // One byte more than is allowed: `api` then refuses this file, and the others are used.
        let limit = MAX_BYTES as u64 + 1;
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable(path))?;
        if is_whole && !bytes.ends_with(b"\n") {
            bytes.push(b'\n'); // such a file was not cut short; Helm's `|-` writes it so
        }
        self.bytes += bytes.len();
        if self.files.len() >= MAX_FILES {
            return Err(too_much(&self.root, &format!("{MAX_FILES} YAML files")));
        }
        if self.bytes > MAX_ALL_BYTES {
            return Err(too_much(&self.root, &format!("{MAX_ALL_BYTES} bytes of YAML")));
        }
        let path = shown.to_string_lossy().into_owned();
        self.files.push((SourceFile { path, bytes }, is_whole));
        Ok(())
    }

    fn must_stay_inside(&self, path: &Path, target: &Path) -> Result<(), SourceError> {
        if target.starts_with(&self.root) {
            return Ok(());
        }
        Err(SourceError::LeavesRoot { path: path.to_owned(), target: target.to_owned() })
    }

    fn swaps_stand(&self) -> bool {
        self.swaps.iter().all(|(data, target)| fs::read_link(data).is_ok_and(|now| now == *target))
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn too_much(path: &Path, limit: &str) -> SourceError {
    SourceError::TooMuch { path: path.to_owned(), limit: limit.to_owned() }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> SourceError {
    let path = path.to_owned();
    |source| SourceError::Unreadable { path, source }
}
