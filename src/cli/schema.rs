//! `spikewheel schema`: the JSON schema of definition files.

use super::Outcome;
use super::output::put_json;
use crate::definition;

/// Print the JSON schema of definition files, for completion and hovers in an editor
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  spikewheel schema > spikewheel.schema.json\n\nWith the editor extension \"Even Better TOML\" begin a definition with\n  #:schema ./spikewheel.schema.json"
)]
pub struct Args {}

/// Prints the schema.
pub fn run(_args: &Args) -> Outcome {
    put_json(&definition::schema::schema())
}
