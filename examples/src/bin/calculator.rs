//! Several tools in one server: numbers in and out, optional and default arguments, ranges, an enum, a struct.
//!
//! The `///` comments are what the model reads: those on a function say when to use it, those on a parameter
//! or a field say what it means.

use toolwright::prelude::*;

/// Adds two numbers.
#[tool(read_only)]
fn add(a: f64, b: f64) -> Result<f64> {
    finite(a + b)
}

/// Subtracts `b` from `a`.
#[tool(read_only)]
fn subtract(a: f64, b: f64) -> Result<f64> {
    finite(a - b)
}

/// Multiplies two numbers.
#[tool(read_only)]
fn multiply(a: f64, b: f64) -> Result<f64> {
    finite(a * b)
}

/// Divides `a` by `b`.
#[tool(read_only)]
fn divide(
    a: f64,
    /// Anything but zero.
    b: f64,
) -> Result<f64> {
    if b == 0.0 {
        // The model is shown a `tool_error!` word for word, so say what it should do instead.
        return Err(tool_error!("cannot divide {a} by zero; give another divisor"));
    }
    finite(a / b)
}

/// Raises a number to a power.
#[tool(read_only)]
fn power(
    base: f64,
    // A range is announced in the schema and checked before the function is called.
    #[arg(default = 2, range(-1000..=1000))] exponent: i32,
) -> Result<f64> {
    finite(base.powi(exponent))
}

/// How to round.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Rounding {
    /// To the nearest value, halves away from zero.
    #[default]
    Nearest,
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
}

/// Rounds a number to some decimal places.
#[tool(read_only)]
fn round(
    value: f64,
    /// Decimal places to keep.
    #[arg(default = 2, range(0..=12))]
    places: i32,
    // The default of the type itself: `Rounding::Nearest`.
    #[arg(default)] rounding: Rounding,
) -> Result<f64> {
    let scale = 10_f64.powi(places);
    let scaled = value * scale;
    let rounded = match rounding {
        Rounding::Nearest => scaled.round(),
        Rounding::Down => scaled.floor(),
        Rounding::Up => scaled.ceil(),
    };
    finite(rounded / scale)
}

/// What `statistics` found; a struct becomes structured content with a schema.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Statistics {
    count: usize,
    sum: f64,
    mean: f64,
    median: f64,
    min: f64,
    max: f64,
    /// Of the population; left out when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    standard_deviation: Option<f64>,
}

/// Describes a list of numbers: sum, mean, median and extremes.
#[tool(read_only)]
fn statistics(
    #[arg(length(1..=10_000))] mut values: Vec<f64>,
    /// Whether to add the standard deviation.
    with_deviation: Option<bool>,
) -> Result<Statistics> {
    values.sort_by(f64::total_cmp);
    // The range of lengths is checked for calls of the model; other Rust code may call the function too.
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
        return Err(tool_error!("give at least one number"));
    };
    let count = values.len();
    let sum = finite(values.iter().sum())?;
    let mean = sum / count as f64;
    let median = values[(count - 1) / 2].midpoint(values[count / 2]);
    let standard_deviation = if with_deviation.unwrap_or(false) {
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64;
        Some(finite(variance.sqrt())?)
    } else {
        None
    };
    Ok(Statistics { count, sum, mean, median, min, max, standard_deviation })
}

/// JSON has no infinity, so a result that is too large is an error.
fn finite(value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(tool_error!("the result is too large for a number")) }
}

fn main() -> toolwright::Result {
    Server::new("calculator")
        .version(env!("CARGO_PKG_VERSION"))
        .instructions("Use these tools for every calculation instead of working it out yourself.")
        .tools(toolset![add, subtract, multiply, divide, power, round, statistics])
        .run()
}

/// An annotated function is still a function: tests call it without a server.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_by_zero_is_told_to_the_model() {
        let error = divide(1.0, 0.0).unwrap_err();
        assert!(error.is_shown());
        assert_eq!(error.to_string(), "cannot divide 1 by zero; give another divisor");
        assert_eq!(divide(1.0, 4.0).unwrap(), 0.25);
    }

    #[test]
    fn what_json_cannot_hold_is_an_error() {
        assert!(power(10.0, 999).unwrap_err().is_shown());
        assert!(multiply(f64::MAX, 2.0).unwrap_err().is_shown());
        assert!(add(f64::MAX, f64::MAX).unwrap_err().is_shown());
        assert_eq!(subtract(5.0, 3.0).unwrap(), 2.0);
    }

    #[test]
    fn numbers_are_rounded_as_asked() {
        let rounded = |rounding| round(-2.345, 1, rounding).unwrap();
        assert_eq!([Rounding::Nearest, Rounding::Down, Rounding::Up].map(rounded), [-2.3, -2.4, -2.3]);
    }

    #[test]
    fn statistics_describe_a_list() {
        let found = statistics(vec![4.0, 1.0, 3.0, 2.0], Some(true)).unwrap();
        let deviation = found.standard_deviation.unwrap();
        assert!((deviation - 1.25_f64.sqrt()).abs() < 1e-12, "{deviation}");
        assert_eq!((found.count, found.sum, found.mean, found.median), (4, 10.0, 2.5, 2.5));
        assert_eq!((found.min, found.max), (1.0, 4.0));
        assert!(statistics(vec![], None).unwrap_err().is_shown());
    }
}
