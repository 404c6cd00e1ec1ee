//! The files below one folder, and nothing else on the machine: listing, reading, searching, and writing on request.
//!
//! `files [--write] [FOLDER]`; without a folder, the one that `FILES_ROOT` names. The folder is opened once, and
//! every path is looked up from that open folder by `cap-std`, which has the kernel refuse `..`, absolute paths and
//! symbolic links that lead out of it. Paths are never checked and then opened, so nothing can be swapped in between.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use toolwright::prelude::*;
use toolwright::types::content::ResourceContents;

/// The most bytes of a file that are read or written.
const MOST_BYTES: usize = 1024 * 1024;
/// The most entries that one call lists or looks at.
const MOST_ENTRIES: usize = 10_000;

/// What is always offered.
struct Files {
    root: Arc<Dir>,
}

/// What is offered only with `--write`: a tool that is not there cannot be called.
struct Writing {
    root: Arc<Dir>,
}

/// A file or folder.
#[derive(Serialize, JsonSchema)]
struct Entry {
    name: String,
    is_folder: bool,
    bytes: u64,
}

/// A line that holds the text.
#[derive(Serialize, JsonSchema)]
struct Hit {
    path: String,
    line: usize,
    text: String,
}

/// What a search found.
#[derive(Serialize, JsonSchema)]
struct Hits {
    hits: Vec<Hit>,
    /// Whether there may be more: the limit was reached, or something could not be looked at.
    incomplete: bool,
}

// A disk can be slow, so these run on threads of their own (`blocking`) and hold up nobody.
#[tools]
impl Files {
    /// Lists the files and folders in a folder.
    #[tool(read_only, blocking)]
    fn list_folder(
        &self,
        /// Relative to the root folder, which is `.`.
        #[arg(default = ".")]
        path: &str,
    ) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in self.root.read_dir(path).map_err(|error| told(error, path))?.take(MOST_ENTRIES) {
            let entry = entry?;
            let about = entry.metadata()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(Entry { name, is_folder: about.is_dir(), bytes: about.len() });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Reads a file of at most 1 MiB, text or not.
    #[tool(read_only, blocking)]
    fn read_file(
        &self,
        /// Relative to the root folder.
        path: &str,
    ) -> Result<ToolOutput> {
        Ok(match String::from_utf8(read(&self.root, path)?) {
            Ok(text) => ToolOutput::new().text(text),
            Err(binary) => {
                ToolOutput::new().content(File::new(uri(path), binary.into_bytes(), mime_type(path)))
            }
        })
    }

    /// Finds the lines that hold a text, in the text files of a folder and the folders in it.
    #[tool(read_only, blocking)]
    fn search_text(
        &self,
        ctx: &Context,
        /// Taken literally; upper and lower case differ.
        #[arg(length(1..=200))]
        text: &str,
        /// Relative to the root folder, which is `.`.
        #[arg(default = ".")]
        path: &str,
        #[arg(default = 50, range(1..=500))] limit: usize,
    ) -> Result<Hits> {
        let mut found = Hits { hits: Vec::new(), incomplete: false };
        let mut folders = vec![PathBuf::from(path)];
        let mut looked_at = 0;
        while let Some(folder) = folders.pop() {
            let entries = match self.root.read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if folder == Path::new(path) => return Err(told(error, path)),
                // A folder further down that is gone or closed to us does not end the search.
                Err(_) => {
                    found.incomplete = true;
                    continue;
                }
            };
            for entry in entries {
                let entry = entry?;
                looked_at += 1;
                if looked_at > MOST_ENTRIES || found.hits.len() >= limit || ctx.is_cancelled() {
                    found.incomplete = true;
                    return Ok(found);
                }
                let path = folder.join(entry.file_name());
                // A link counts as neither, so no circle of links can keep us here.
                match entry.file_type()? {
                    kind if kind.is_dir() => folders.push(path),
                    kind if kind.is_file() => {
                        self.search_file(&path.to_string_lossy(), text, limit, &mut found);
                    }
                    _ => {}
                }
            }
        }
        found.incomplete |= found.hits.len() >= limit;
        Ok(found)
    }

    /// A file below the root folder.
    #[resource("files://{+path}", blocking)]
    fn file(&self, path: &str) -> Result<ResourceContents> {
        let bytes = read(&self.root, path)?;
        let mut contents = match String::from_utf8(bytes) {
            Ok(text) => ResourceContents::text(uri(path), text),
            Err(binary) => ResourceContents::blob(uri(path), STANDARD.encode(binary.into_bytes())),
        };
        contents.mime_type = Some(mime_type(path).into());
        Ok(contents)
    }
}

impl Files {
    /// Files that are too large, no text or just gone are passed over.
    fn search_file(&self, path: &str, text: &str, limit: usize, found: &mut Hits) {
        let Some(content) = read(&self.root, path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            return;
        };
        let lines = content.lines().enumerate().filter(|(_, line)| line.contains(text));
        let room = limit - found.hits.len();
        found.hits.extend(lines.take(room).map(|(index, line)| {
            let (path, text) = (path.trim_start_matches("./").into(), line.chars().take(200).collect());
            Hit { path, line: index + 1, text }
        }));
    }
}

#[tools]
impl Writing {
    /// Writes a text file, and makes the folders on the way to it.
    #[tool(destructive, idempotent, blocking)]
    fn write_file(
        &self,
        /// Relative to the root folder.
        path: &str,
        #[arg(length(..=1_048_576))] content: &str,
        /// Whether a file that is there is replaced.
        #[arg(default)]
        overwrite: bool,
    ) -> Result<String> {
        if self.root.metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(tool_error!("`{path}` is no file"));
        }
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            self.root.create_dir_all(folder).map_err(|error| told(error, path))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(overwrite).truncate(overwrite).create_new(!overwrite);
        let mut file = self.root.open_with(path, &options).map_err(|error| told(error, path))?;
        file.write_all(content.as_bytes())?;
        Ok(format!("wrote {} bytes to {path}", content.len()))
    }
}

fn read(root: &Dir, path: &str) -> Result<Vec<u8>> {
    // Opening a pipe would wait for its other end.
    if !root.metadata(path).map_err(|error| told(error, path))?.is_file() {
        return Err(tool_error!("`{path}` is no file; list_folder shows what is in a folder"));
    }
    let file = root.open(path).map_err(|error| told(error, path))?;
    let mut bytes = Vec::new();
    // The size that the file announces may change, so the limit is on what is read.
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST_BYTES {
        return Err(tool_error!("`{path}` is larger than the {MOST_BYTES} bytes that can be read"));
    }
    Ok(bytes)
}

/// What the model is told of a failure; any other stays with the operator, for it may name paths of the machine.
fn told(error: std::io::Error, path: &str) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!("`{path}`")),
        ErrorKind::PermissionDenied => {
            tool_error!("`{path}` leads out of the root folder, or may not be used; give a path below it")
        }
        ErrorKind::NotADirectory => tool_error!("`{path}` is no folder, or goes through a file"),
        ErrorKind::AlreadyExists => tool_error!("`{path}` exists; set `overwrite` to replace it"),
        _ => error.into(),
    }
}

/// The URI under which the resource template has this path.
fn uri(path: &str) -> String {
    let mut uri = String::from("files://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte.into());
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn mime_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "txt" | "log" | "toml" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" => "text/html",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

fn main() -> toolwright::Result {
    let (mut write, mut folder) = (false, std::env::var_os("FILES_ROOT"));
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--write") => write = true,
            Some(option) if option.starts_with('-') => return Err(Error::msg("files [--write] [FOLDER]")),
            _ => folder = Some(argument),
        }
    }
    let folder = folder.ok_or_else(|| Error::msg("name a folder: files [--write] FOLDER"))?;
    // The only place where the program uses the right to open any path of the machine.
    let root = Arc::new(Dir::open_ambient_dir(folder, ambient_authority())?);
    let mut server =
        Server::new("files").version(env!("CARGO_PKG_VERSION")).tools(Files { root: Arc::clone(&root) });
    if write {
        server = server.tools(Writing { root });
    }
    // Not `run()`: it would take the folder for an option that it does not know.
    server.build()?.run_stdio()
}
