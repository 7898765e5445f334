//! What `--config` names: a path, or a prefix of an S3 bucket. Pure.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::s3::name;

/// Where objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory or one file.
    Path(PathBuf),
    /// Keys below a prefix of a bucket.
    S3(S3Prefix),
}

impl Location {
    /// Reads `s3://bucket/prefix`, or a path.
    ///
    /// # Errors
    /// An `s3://` that names no bucket or no prefix; the text says what to write.
    pub fn parse(text: impl Into<OsString>) -> Result<Self, String> {
        let text = text.into();
        match text.to_str().and_then(|text| text.strip_prefix("s3://")) {
            Some(rest) => S3Prefix::parse(rest).map(Self::S3),
            None => Ok(Self::Path(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::S3(prefix) => prefix.fmt(f),
        }
    }
}

/// A prefix of a bucket. Keys below it are named without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Prefix {
    bucket: String,
    /// Empty, or with a slash at its end: `prod` is not `prod-old`.
    prefix: String,
}

impl S3Prefix {
    fn parse(rest: &str) -> Result<Self, String> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_allowed) {
            return Err(
                "write s3://BUCKET/PREFIX; a bucket has 3 to 63 lower-case letters, digits, dots and hyphens".into()
            );
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.is_empty() {
            return Ok(Self { bucket: bucket.to_owned(), prefix: String::new() });
        }
        if let Some(why) = name::objection(prefix) {
            return Err(format!("the prefix {why}"));
        }
        if name::is_yaml(prefix) {
            return Err("write the prefix below which the YAML objects are, not one of them".to_owned());
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: format!("{prefix}/") })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What each key begins with: empty, or with a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The whole key of a name below the prefix.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A name below the prefix as findings show it.
    pub fn shown(&self, name: &str) -> String {
        format!("s3://{}/{}{}", self.bucket, self.prefix, name::shown(name))
    }
}

impl fmt::Display for S3Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(text: &str) -> S3Prefix {
        match Location::parse(text) {
            Ok(Location::S3(prefix)) => prefix,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_prefix_ends_at_a_slash_and_a_bucket_may_have_none() {
        assert_eq!(s3("s3://config-bucket/a/b").key("x.yaml"), "a/b/x.yaml");
        assert_eq!(s3("s3://config-bucket/a/b//"), s3("s3://config-bucket/a/b"));
        for whole in ["s3://config-bucket", "s3://config-bucket/"] {
            assert_eq!((s3(whole).prefix(), s3(whole).shown("x.yaml").as_str()), ("", "s3://config-bucket/x.yaml"));
        }
        assert_eq!(s3("s3://config-bucket/a").to_string(), "s3://config-bucket/a");
    }

    #[test]
    fn everything_else_is_a_path() {
        for path in ["scaling", "./s3:/x", "S3://bucket"] {
            assert_eq!(Location::parse(path), Ok(Location::Path(path.into())));
        }
    }

    #[test]
    fn what_names_no_prefix_is_refused_with_what_to_write() {
        for (text, said) in [
            ("s3://", "s3://BUCKET/PREFIX"),
            ("s3://Bucket/x", "lower-case"),
            ("s3://config-bucket/a/../b", "`..`"),
            ("s3://config-bucket/a//b", "`//`"),
            ("s3://config-bucket/a\u{1b}", "control character"),
            ("s3://config-bucket/a.yaml", "not one of them"),
        ] {
            let error = Location::parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
