//! trial
use toolwright::prelude::*;
/// Greets a person.
#[tool(read_only, timeout = "3s")]
fn greet(/// Who.
 name: String, #[arg(default = 5, range(1..=500))] limit: u32) -> String { format!("{name} {limit}") }
struct S;
#[tools]
impl S {
    /// Adds.
    #[tool]
    async fn add(&self, a: i64, b: Option<i64>) -> Result<i64> { Ok(a + b.unwrap_or(0)) }
    /// Reads.
    #[resource("x://{id}")]
    fn read(&self, id: &str) -> Result<Vec<String>> { Ok(vec![id.to_owned()]) }
    /// P.
    #[prompt]
    fn p(&self, #[arg(complete = names)] who: String) -> String { who }
    async fn names(&self, _t: &str) -> Vec<String> { vec![] }
}
#[test]
fn t() {
    use toolwright::__private::*;
    println!("{:?}", <greet as Define>::define());
    println!("{:?}", std::sync::Arc::new(S).provide());
    assert_eq!(greet("a".into(), 3), "a 3");
}
