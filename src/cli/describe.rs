//! `spikewheel describe`: the pages of models, rules, stimuli and distributions.

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
    match describe::find_all(name).as_slice() {
        [page] if args.json => put_json(&page.json()),
        [_, ..] if args.json => {
            let pages: Vec<_> = describe::find_all(name).iter().map(|p| p.json()).collect();
            put_json(&pages.into())
        }
        pages @ [_, ..] => {
            let texts: Vec<String> = pages.iter().map(|p| p.text()).collect();
            put(&texts.join("\n"))
        }
        [] => {
            let told = MietteDiagnostic::new(format!("there is nothing called `{name}`"))
                .with_help(describe::suggestion(name));
            Err(Failure::Input(vec![told.into()]))
        }
    }
}
