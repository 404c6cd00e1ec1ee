//! Tests of money: exactness, limits and wording.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(value: serde_json::Value) -> Result<Money, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn numbers_and_strings_are_read_to_the_cent() {
    for (value, cents) in [
        (json!(120.5), 12_050),
        (json!("120.50"), 12_050),
        (json!("120.5"), 12_050),
        (json!(0), 0),
        (json!(-0.0), 0),
        (json!(0.1), 10),
        (json!(0.29), 29),
        (json!(1.1e2), 11_000),
        (json!(1e9), MAX_CENTS),
        (json!(1_000_000_000), MAX_CENTS),
        (json!("1000000000.00"), MAX_CENTS),
        (json!(999_999_999.99), 99_999_999_999),
        (json!("007.01"), 701),
    ] {
        assert_eq!(read(value.clone()).map(Money::cents), Ok(cents), "{value}");
    }
}

#[test]
fn a_wrong_amount_is_refused_with_advice() {
    for (value, words) in [
        (json!(-1), "cannot be negative"),
        (json!(-0.01), "cannot be negative"),
        (json!("-5"), "cannot be negative"),
        (json!(1.234), "more than two decimals"),
        (json!("1.000"), "more than two decimals"),
        (json!(1e-5), "more than two decimals"),
        (json!(1e300), "too large"),
        (json!(1_000_000_000.01), "too large"),
        (json!(u64::MAX), "too large"),
        (json!(i64::MIN), "cannot be negative"),
        (json!("99999999999999999999999"), "too large"),
        (json!("NaN"), "is not an amount"),
        (json!("1e3"), "is not an amount"),
        (json!("$5"), "is not an amount"),
        (json!("1,000"), "is not an amount"),
        (json!("-"), "is not an amount"),
        (json!(""), "is not an amount"),
        (json!("."), "is not an amount"),
        (json!("1."), "is not an amount"),
        (json!(".5"), "is not an amount"),
        (json!("+1"), "is not an amount"),
        (json!("١"), "is not an amount"),
        (json!("9".repeat(100_000)), "too large"),
        (json!(null), "an amount of money"),
        (json!([1]), "an amount of money"),
    ] {
        let error = read(value.clone()).unwrap_err();
        assert!(error.contains(words) && error.len() < 300, "{value:.60}: {error}");
    }
    assert!(Money::from_f64(f64::NAN).is_err());
    assert!(Money::from_f64(f64::INFINITY).is_err());
}

#[test]
fn it_is_written_as_a_number_and_shown_with_two_decimals() {
    let money = Money::from_cents(12_050).unwrap();
    assert_eq!(serde_json::to_string(&money).unwrap(), "120.5");
    assert_eq!(money.to_string(), "120.50");
    assert_eq!(Money::MAX.to_string(), "1000000000.00");
    assert_eq!(Money::ZERO.to_string(), "0.00");
}

#[test]
fn its_schema_is_a_plain_number() {
    let schema = schemars::schema_for!(Money).to_value();
    assert_eq!(schema["type"], "number");
    assert_eq!((&schema["minimum"], &schema["maximum"]), (&json!(0), &json!(1_000_000_000)));
    assert!(schema.get("multipleOf").is_none());
}

#[test]
fn a_sum_may_exceed_one_amount_and_never_overflows() {
    let sum: Total = [Total::from_cents(MAX_CENTS); 3].into_iter().sum();
    assert_eq!(sum.to_string(), "3000000000.00");
    let huge: Total = [Total::from_cents(i64::MAX); 2].into_iter().sum();
    assert_eq!(huge.cents(), i64::MAX);
}

proptest! {
    #[test]
    fn every_amount_survives_printing_and_parsing(cents in 0..=MAX_CENTS) {
        let money = Money::from_cents(cents).unwrap();
        prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Ok(money) = text.parse::<Money>() {
            prop_assert!(money <= Money::MAX);
        }
    }
}
