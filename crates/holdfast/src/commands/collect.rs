//! `holdfast collect`: what the program does on a host to which it was sent. `holdfast collector`: the
//! script that people carry to one.

use holdfast_engine::Failure;
use holdfast_engine::collect::{LIMIT, collect};
use holdfast_engine::facts;
use holdfast_world::World;

use super::Context;
use crate::Outcome;
use crate::args::Format;

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

/// Prints the script of the controls of the folder we stand in, and nothing else: it is redirected.
pub fn script(context: &Context<'_>) -> Result<Outcome, Failure> {
    context.only(&[Format::Human])?;
    Ok(Outcome::ok(facts::script(context.world)?))
}
