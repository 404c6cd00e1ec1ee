//! Tasks in memory keep the contract, too.

use toolwright_server::tasks::MemoryTasks;

use crate::contract::{Place, keeps_the_contract};

async fn place(most: usize) -> Place<MemoryTasks> {
    let one = MemoryTasks::new(most);
    Place { other: one.clone(), one, _held: Box::new(()) }
}

keeps_the_contract!(place);
