//! Options that the commands on trained networks share.

use crate::import::{DataOptions, Options};

/// Which samples of a file, and how they are read.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DataArgs {
    /// Array of samples in a .npz file
    #[arg(long, value_name = "NAME")]
    pub samples: Option<String>,
    /// Array (or column) of labels
    #[arg(long, value_name = "NAME")]
    pub labels: Option<String>,
    /// Divide the values of samples, 8-bit pixels by 255
    #[arg(long, value_name = "NUMBER")]
    pub divide_by: Option<f64>,
    /// Only the first samples
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<usize>,
}

impl DataArgs {
    pub fn options(&self) -> DataOptions {
        DataOptions {
            samples: self.samples.clone(),
            labels: self.labels.clone(),
            divide_by: self.divide_by,
            limit: self.limit,
            training: false,
        }
    }
}

/// What the file of a network may leave open.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct NetworkArgs {
    /// The output to use, if the network has several
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Shape of one sample where the network leaves it open, such as 3x32x32
    #[arg(long, value_name = "SHAPE", value_parser = parse_shape)]
    pub input_shape: Option<Shape>,
}

impl NetworkArgs {
    pub fn options(&self) -> Options {
        Options {
            output: self.output.clone(),
            input_shape: self.input_shape.as_ref().map(|s| s.0.clone()),
        }
    }
}

/// Extents of a sample.
#[derive(Clone, Debug)]
pub struct Shape(Vec<usize>);

fn parse_shape(text: &str) -> Result<Shape, String> {
    text.split(['x', ','])
        .map(|n| n.trim().parse::<usize>().ok().filter(|n| *n > 0))
        .collect::<Option<Vec<_>>>()
        .map(Shape)
        .ok_or_else(|| "numbers with x between them are expected, such as 3x32x32".into())
}

/// How many threads.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ThreadArgs {
    /// Worker threads; results are the same for any number [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl ThreadArgs {
    pub fn count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}
