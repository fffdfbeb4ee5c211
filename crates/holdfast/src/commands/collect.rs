//! `holdfast collect`: what the program does on a host to which it was sent.

use holdfast_engine::Failure;
use holdfast_engine::collect::{LIMIT, collect};
use holdfast_world::World;

use crate::Outcome;

/// Looks at what standard input asks about. Ends with 1 where nobody listened to the end.
pub fn run(world: &World) -> Result<Outcome, Failure> {
    let mut orders = Vec::new();
    world.standard_input(&mut |piece| {
        if orders.len() <= LIMIT {
            orders.extend_from_slice(piece);
        }
    })?;
    let heard = collect(world, &orders, &mut crate::hand_on)?;
    Ok(Outcome { text: String::new(), exit: u8::from(!heard) })
}
