//! What is installed on a system beside its package manager: Python, JavaScript, Ruby and PHP
//! packages, Java archives, programs that say what they are made of.
//!
//! Knows what these installations leave behind; knows nothing of where on a system somebody looks
//! for them, nor of lockfiles.

pub mod composer;
pub mod conda;
pub mod executable;
pub mod gem;
pub mod java;
pub mod node;
pub mod python;

mod elf;
mod go;
mod object;
mod window;
