//! The bundle: a ZIP that is the same whenever and wherever it is made.

use std::io::{Cursor, Write as _};

use serde_json::Value;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// A manifest and a program that may be executed.
pub(super) fn bundle(manifest: &Value, entry_point: &str, program: &[u8]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // Neither the clock nor the machine shows.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .system(System::Unix);
    archive.start_file("manifest.json", options.unix_permissions(0o644))?;
    archive.write_all(format!("{manifest:#}\n").as_bytes())?;
    archive.start_file(entry_point, options.unix_permissions(0o755))?;
    archive.write_all(program)?;
    Ok(archive.finish()?.into_inner())
}
