//! What the commands on recordings share: finding the file, reading times, refusing.

use std::path::{Path, PathBuf};

use miette::miette;

use super::Failure;
use super::output::spares;
use crate::plot::{PlotError, Selection, Theme};
use crate::record::{RecordError, Recording};

/// A refusal with one message.
pub(super) fn refuse(message: impl std::fmt::Display) -> Failure {
    Failure::Input(vec![miette!("{message}")])
}

/// Why there is no picture: what was asked for, or the place for it.
pub(super) fn undrawn(e: PlotError) -> Failure {
    match e {
        PlotError::Write { .. } => Failure::Work(miette!("{e}")),
        other => refuse(other),
    }
}

/// The recording in a file, or in a run directory under its usual name.
pub(super) fn open(path: &Path) -> Result<(PathBuf, Recording), Failure> {
    let file = if path.is_dir() {
        path.join("spikes.h5")
    } else {
        path.to_path_buf()
    };
    if path.is_dir() && !file.exists() {
        return Err(refuse(format_args!(
            "`{}` holds no recording (spikes.h5)",
            path.display()
        )));
    }
    let recording = Recording::open(&file).map_err(|e: RecordError| refuse(e))?;
    Ok((file, recording))
}

/// What pictures of a recording are asked for alike.
#[derive(clap::Args, Debug)]
pub struct PictureArgs {
    /// Recording (.h5) or run directory
    pub recording: PathBuf,
    /// Picture to write [default: beside the recording, called after the command]
    #[arg(short, long, value_name = "PNG")]
    pub out: Option<PathBuf>,
    /// Start of the time range, such as '200 ms'
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// End of the time range
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// Population, slice or labelled neuron, such as excitatory[0..100] or command.AVAL; may be repeated
    #[arg(long = "of", value_name = "POPULATION")]
    pub of: Vec<Selection>,
    #[command(flatten)]
    pub look: LookArgs,
}

/// How any picture may look.
#[derive(clap::Args, Debug)]
pub struct LookArgs {
    /// Enlarge everything by this factor, for print or dense screens
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub scale: f64,
    /// Title [default: the name of the run]
    #[arg(long)]
    pub title: Option<String>,
    /// Light marks on a dark ground
    #[arg(long)]
    pub dark: bool,
}

impl PictureArgs {
    /// The recording, and the file for its picture, which is called `name` unless it is named.
    pub(super) fn open(&self, name: &str) -> Result<(Recording, PathBuf), Failure> {
        let (file, recording) = open(&self.recording)?;
        let out = match &self.out {
            Some(path) => path.clone(),
            None => file.with_file_name(name),
        };
        spares(&out, &[&file])?;
        Ok((recording, out))
    }
}

impl LookArgs {
    pub(super) fn theme(&self) -> Theme {
        if self.dark { Theme::Dark } else { Theme::Light }
    }
}

/// A time such as `200 ms`, `1.5s` or `300 us`, in ms.
pub(super) fn time(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let at = text
        .find(|c: char| c.is_alphabetic() && c != 'e' && c != 'E')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit.trim() {
        "s" => 1e3,
        "ms" => 1.0,
        "us" | "µs" | "μs" => 1e-3,
        "" => return Err("a time needs its unit: `200 ms`, `1 s`, `50 us`".into()),
        other => return Err(format!("`{other}` is not a unit of time: s, ms or us is")),
    };
    let value: f64 = number
        .trim()
        .parse()
        .map_err(|_| format!("`{}` is not a number", number.trim()))?;
    let ms = value * factor;
    if !ms.is_finite() || ms < 0.0 {
        return Err("a time is a finite number that is not negative".into());
    }
    Ok(ms)
}

/// A size such as `1200x800`.
pub(super) fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{text}` is not a size such as 1200x800");
    let (w, h) = text.split_once(['x', 'X', '×']).ok_or_else(wrong)?;
    let number = |s: &str| s.trim().parse::<u32>().map_err(|_| wrong());
    Ok((number(w)?, number(h)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(time("200 ms"), Ok(200.0));
        assert_eq!(time("1.5s"), Ok(1500.0));
        assert_eq!(time("2e-3 s"), Ok(2.0));
        assert_eq!(time("300 us"), Ok(0.3));
        for wrong in [
            "", "200", "ms", "-1 ms", "1 h", "nan ms", "inf s", "1e400 s",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("1200x800"), Ok((1200, 800)));
        assert!(size("1200").is_err() && size("ax2").is_err() && size("-1x2").is_err());
    }
}
