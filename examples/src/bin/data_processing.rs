//! Long computations: CSV tables of any size, summarised and filtered, with progress, and stopped when unwanted.
//!
//! `DATA_FOLDER` names the folder with the tables; no path leads out of it (see the example `files`).

use std::collections::HashMap;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File as OpenFile};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use toolwright::prelude::*;

/// The largest table, the most columns, and the most different texts of a column that are counted.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
const MOST_COLUMNS: usize = 200;
const MOST_TEXTS: usize = 10_000;
/// How many rows are read between two looks at the clock and the client.
const STRIDE: u64 = 1000;

struct Tables {
    folder: Dir,
}

/// What a table holds.
#[derive(Serialize, JsonSchema)]
struct Summary {
    rows: u64,
    columns: Vec<ColumnSummary>,
}

/// What a column holds.
#[derive(Serialize, JsonSchema)]
struct ColumnSummary {
    name: String,
    /// Values that are there.
    count: u64,
    /// Values that are empty.
    missing: u64,
    /// For a column of numbers.
    numbers: Option<Numbers>,
    /// For a column of texts: its most frequent values, most frequent first.
    most_frequent: Option<Vec<Frequency>>,
}

/// A column of numbers.
#[derive(Clone, Serialize, JsonSchema)]
struct Numbers {
    min: f64,
    max: f64,
    mean: f64,
}

/// A text and how often it stands in the column.
#[derive(Serialize, JsonSchema)]
struct Frequency {
    value: String,
    count: u64,
}

/// How to compare.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Comparison {
    Equals,
    Contains,
    /// As numbers.
    LessThan,
    /// As numbers.
    MoreThan,
}

/// What `filter_rows` takes. Many arguments are easier to read as a struct; its `///` comments go the same way.
#[derive(Deserialize, JsonSchema)]
struct Filter {
    /// The name of the table, such as `sales.csv`.
    file: String,
    /// The name of the column, as in the header.
    column: String,
    comparison: Comparison,
    value: String,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 500))]
    limit: usize,
    #[serde(default = "comma")]
    delimiter: char,
}

fn twenty() -> usize {
    20
}

fn comma() -> char {
    ','
}

/// Rows of a table.
#[derive(Serialize, JsonSchema)]
struct Rows {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How many rows match; at most `limit` of them are in `rows`.
    matching: u64,
}

#[tools]
impl Tables {
    /// Describes every column of a CSV table: how many values, extremes and mean of numbers, most frequent texts.
    // `blocking`: it computes for long, so it gets a thread of its own from the start.
    #[tool(read_only, blocking, timeout = "5m")]
    fn summarize_table(
        &self,
        ctx: &Context,
        /// The name of the table, such as `sales.csv`.
        file: &str,
        #[arg(default = ',')] delimiter: char,
    ) -> Result<Summary> {
        let mut table = self.open(file, delimiter)?;
        let header = header(&mut table)?;
        let mut columns = vec![Tally::default(); header.len()];
        let rows = self.each_row(ctx, file, &mut table, |row| {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.add(value.trim()));
        })?;
        let columns = columns.into_iter().zip(header).map(|(column, name)| column.summary(name)).collect();
        Ok(Summary { rows, columns })
    }

    /// The rows of a CSV table whose value in one column meets a condition.
    #[tool(read_only, blocking, timeout = "5m")]
    fn filter_rows(&self, ctx: &Context, Args(filter): Args<Filter>) -> Result<Rows> {
        let Filter { file, column, comparison, value, limit, delimiter } = filter;
        let mut table = self.open(&file, delimiter)?;
        let header = header(&mut table)?;
        let place = header
            .iter()
            .position(|name| *name == column)
            .ok_or_else(|| tool_error!("there is no column `{column}`; there are: {}", header.join(", ")))?;
        let matches = condition(comparison, &value)?;
        let (mut rows, mut matching) = (Vec::new(), 0);
        self.each_row(ctx, &file, &mut table, |row| {
            if row.get(place).is_some_and(|value| matches(value.trim())) {
                matching += 1;
                if rows.len() < limit {
                    rows.push(row.iter().map(str::to_owned).collect());
                }
            }
        })?;
        Ok(Rows { header, rows, matching })
    }
}

impl Tables {
    fn open(&self, file: &str, delimiter: char) -> Result<Reader<OpenFile>> {
        let delimiter = u8::try_from(delimiter)
            .ok()
            .filter(u8::is_ascii)
            .ok_or_else(|| tool_error!("the delimiter has to be an ASCII character"))?;
        let about = self.folder.metadata(file).ok().filter(|about| about.is_file());
        let about = about.ok_or_else(|| tool_error!("there is no table `{file}`"))?;
        if about.len() > MOST_BYTES {
            return Err(tool_error!("`{file}` is larger than {MOST_BYTES} bytes"));
        }
        Ok(ReaderBuilder::new().delimiter(delimiter).from_reader(self.folder.open(file)?))
    }

    /// Reads the table row by row, says now and then how far it has come, and ends when nobody waits any more.
    fn each_row(
        &self,
        ctx: &Context,
        file: &str,
        table: &mut Reader<OpenFile>,
        mut look: impl FnMut(&StringRecord),
    ) -> Result<u64> {
        let bytes = table.get_ref().metadata()?.len() as f64;
        let (mut row, mut rows) = (StringRecord::new(), 0);
        while table.read_record(&mut row).map_err(told)? {
            look(&row);
            rows += 1;
            if rows % STRIDE == 0 {
                // A thread cannot be stopped from outside: it has to ask.
                if ctx.is_cancelled() {
                    tracing::warn!("left `{file}` after {rows} rows: the call was cancelled");
                    return Err(tool_error!("cancelled after {rows} rows"));
                }
                ctx.progress(table.position().byte() as f64, bytes, format!("{rows} rows"));
            }
        }
        Ok(rows)
    }
}

fn header(table: &mut Reader<OpenFile>) -> Result<Vec<String>> {
    let names: Vec<_> = table.headers().map_err(told)?.iter().map(|name| name.trim().to_owned()).collect();
    match names.len() {
        0 => Err(tool_error!("the table is empty: it has no header")),
        count if count > MOST_COLUMNS => Err(tool_error!("{count} columns are over {MOST_COLUMNS}")),
        _ => Ok(names),
    }
}

fn condition(comparison: Comparison, value: &str) -> Result<impl Fn(&str) -> bool> {
    let bound = match comparison {
        Comparison::Equals | Comparison::Contains => f64::NAN,
        Comparison::LessThan | Comparison::MoreThan => value
            .parse()
            .map_err(|_| tool_error!("`{value}` is no number, and this comparison is one of numbers"))?,
    };
    let number = |text: &str| text.parse().unwrap_or(f64::NAN);
    Ok(move |found: &str| match comparison {
        Comparison::Equals => found == value,
        Comparison::Contains => found.contains(value),
        // Nothing is less or more than what is no number.
        Comparison::LessThan => number(found) < bound,
        Comparison::MoreThan => number(found) > bound,
    })
}

/// What is wrong with the table is told to the model; what is wrong with the disk is not.
fn told(error: csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            tool_error!("line {line} has {len} fields, but the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => tool_error!("line {line} is not UTF-8 text"),
        _ => error.into(),
    }
}

/// What is known of a column so far.
#[derive(Clone, Default)]
struct Tally {
    count: u64,
    missing: u64,
    /// None once a value was no number.
    numbers: Option<Numbers>,
    has_text: bool,
    texts: HashMap<String, u64>,
}

impl Tally {
    fn add(&mut self, value: &str) {
        if value.is_empty() {
            self.missing += 1;
            return;
        }
        self.count += 1;
        match value.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => {
                let so_far = self.numbers.get_or_insert(Numbers { min: number, max: number, mean: 0.0 });
                so_far.min = so_far.min.min(number);
                so_far.max = so_far.max.max(number);
                // The mean moves by a share of the difference: a sum could overflow.
                so_far.mean += (number - so_far.mean) / self.count as f64;
            }
            None => self.has_text = true,
        }
        if let Some(count) = self.texts.get_mut(value) {
            *count += 1;
        } else if self.texts.len() < MOST_TEXTS {
            self.texts.insert(value.to_owned(), 1);
        }
    }

    fn summary(self, name: String) -> ColumnSummary {
        let Self { count, missing, numbers, has_text, texts } = self;
        let most_frequent = has_text.then(|| {
            let mut texts: Vec<_> = texts.into_iter().collect();
            texts.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
            texts.into_iter().take(5).map(|(value, count)| Frequency { value, count }).collect()
        });
        ColumnSummary { name, count, missing, numbers: numbers.filter(|_| !has_text), most_frequent }
    }
}

fn main() -> toolwright::Result {
    let folder = std::env::var_os("DATA_FOLDER").ok_or_else(|| Error::msg("set DATA_FOLDER to a folder"))?;
    let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
    Server::new("data-processing").version(env!("CARGO_PKG_VERSION")).tools(Tables { folder }).run()
}
