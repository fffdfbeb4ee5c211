//! What stays until it is ended takes: `up` and `demo`.

use clap::Args;

// `up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// Look once and end.
    #[arg(long)]
    pub once: bool,
    /// How many other hosts are looked at at the same time [default: `at_once` of `[hosts]`, else 8].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub at_once: Option<u8>,
    /// Where the console listens; an address of this machine's loopback.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7370")]
    pub listen: std::net::SocketAddr,
}

// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Build it, say what it holds and whether its record is whole, and end.
    #[arg(long)]
    pub once: bool,
    /// Where the console listens; an address of this machine's loopback.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7371")]
    pub listen: std::net::SocketAddr,
}
