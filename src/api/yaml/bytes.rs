//! From bytes to text: size, encoding, and whether the file is whole.

use super::{Fault, Mark};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// A file that is too large, is not UTF-8, has the line ends of old Macs, or does not end in a newline: such a file may have been cut short, and
/// `maxCapacity: 40` cut to `maxCapacity: 4` is good YAML.
pub fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has more than {MAX_BYTES} bytes, which is the most that is read");
        return Err(Fault::new(Mark::START, message, "split it into several files"));
    }
    if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xFF, 0xFE]) {
        return Err(Fault::new(Mark::START, "the file is UTF-16", "save it as UTF-8"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(bytes, error.valid_up_to())),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(before) = before_lone_return(text) {
        let message = "a carriage return stands here without a line feed, so that lines would be counted in two ways";
        return Err(Fault::new(end(before), message, "save the file with the line ends of Unix or of Windows"));
    }
    if text.ends_with('\n') {
        return Ok(text);
    }
    let message = match text.is_empty() {
        true => "the file is empty, as a file is that is being written",
        false => "the file does not end in a newline: it may have been cut short",
    };
    Err(Fault::new(end(text), message, "end the last line with a newline"))
}

/// The text before the first carriage return that is no part of a line end. YAML counts it as one, and others do not.
fn before_lone_return(text: &str) -> Option<&str> {
    let mut returns = text.match_indices('\r').map(|(at, _)| text.split_at(at));
    returns.find(|(_, rest)| !rest.starts_with("\r\n")).map(|(before, _)| before)
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Fault {
    let (valid, rest) = bytes.split_at_checked(valid_up_to).unwrap_or((bytes, &[]));
    let text = std::str::from_utf8(valid).unwrap_or_default();
    let byte = rest.first().map_or_else(String::new, |byte| format!(": found the byte 0x{byte:02X}"));
    Fault::new(
        end(text.strip_prefix('\u{feff}').unwrap_or(text)),
        format!("the file is not UTF-8{byte}"),
        "save it as UTF-8",
    )
}

/// The place behind the last character.
pub(super) fn end(text: &str) -> Mark {
    let line = text.matches('\n').count() + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    Mark { line, column: last.chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (usize, usize, String) {
        let fault = decode(bytes).unwrap_err();
        (fault.mark.line, fault.mark.column, fault.message)
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(decode(b"\xEF\xBB\xBFa: 1\n").unwrap(), "a: 1\n");
    }

    #[test]
    fn what_is_not_utf8_is_refused_at_its_byte() {
        assert_eq!(refused(b"a: 1\nb: \xFF\n"), (2, 4, "the file is not UTF-8: found the byte 0xFF".into()));
        assert_eq!(refused(b"\xFF\xFEa\0").2, "the file is UTF-16");
    }

    #[test]
    fn lines_end_as_on_unix_or_windows() {
        assert!(decode(b"a: 1\r\nb: 2\n").is_ok());
        for bytes in [b"a: 1\nb: 2\rc: 3\n".as_slice(), b"a: 1\nb: 2\r"] {
            let (line, column, message) = refused(bytes);
            assert_eq!((line, column), (2, 5));
            assert!(message.contains("carriage return"), "{message}");
        }
    }

    #[test]
    fn a_file_cut_short_is_refused_though_it_is_good_yaml() {
        let (line, column, message) = refused(b"minCapacity: 2\nmaxCapacity: 4");
        assert_eq!((line, column), (2, 15));
        assert!(message.contains("cut short"), "{message}");
        assert!(refused(b"").2.contains("empty"));
    }

    #[test]
    fn ten_mebibytes_are_read_and_one_byte_more_is_not() {
        let mut bytes = vec![b'\n'; MAX_BYTES];
        assert!(decode(&bytes).is_ok());
        bytes.push(b'\n');
        assert!(refused(&bytes).2.contains("more than 10485760 bytes"));
    }
}
