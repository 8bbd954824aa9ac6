//! `spikewheel describe`: the pages of models, rules and stimuli.

use miette::MietteDiagnostic;

use super::output::{put, put_json};
use super::{Failure, Outcome};
use crate::definition::describe;

/// Show models, connection rules and stimuli, or everything about one of them
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  spikewheel describe lif_exp")]
pub struct Args {
    /// Name of a model, rule or stimulus; all are listed without it
    pub name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Prints the list or a page.
pub fn run(args: &Args) -> Outcome {
    let Some(name) = &args.name else {
        return if args.json {
            put_json(&describe::overview_json())
        } else {
            put(&describe::overview())
        };
    };
    match describe::find(name) {
        Some(page) if args.json => put_json(&page.json()),
        Some(page) => put(&page.text()),
        None => {
            let told = MietteDiagnostic::new(format!("there is nothing called `{name}`"))
                .with_help(describe::suggestion(name));
            Err(Failure::Input(vec![told.into()]))
        }
    }
}
