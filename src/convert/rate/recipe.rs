//! What deep networks need in few steps, where nothing is said: it is done if decisions on the calibration
//! samples differ from the trained network's without it, and kept if fewer do with it.

use super::calibration::{BiasCalibration, calibrate};
use super::samples::Agreement;
use super::{Options, Values, code};
use crate::ann::{Forward, Graph};
use crate::convert::plan::Plan;
use crate::parallel::Progress;
use crate::spiking::Rate;
use crate::spiking::rate::Reset;

/// Where this share of decisions agrees, nothing more is done: shallow networks stay as they are.
const ENOUGH: f64 = 0.98;

/// What is wished for; `None` is as needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub negative: Option<bool>,
    pub bias: Option<BiasCalibration>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub rate: Rate,
    /// The calibration of biases that was kept.
    pub bias: BiasCalibration,
    /// What was tried, in sentences.
    pub notes: Vec<String>,
}

/// Codes a plan as `super::code` does, and more if that is wished for or needed on `samples`. `None` if it was
/// stopped.
///
/// # Errors
/// Settings that make no sense.
pub fn choose(
    graph: &Graph,
    plan: &Plan,
    (values, samples): (&Values, &[f32]),
    options: &Options,
    wish: Wish,
    threads: usize,
    progress: &Progress,
) -> Result<Option<Chosen>, String> {
    let with = |negative: bool| {
        let mut options = *options;
        options.settings.negative = negative;
        code(plan, values, &options)
    };
    let mut rate = with(wish.negative.unwrap_or(false))?;
    let mut notes = Vec::new();
    let mut enough = false;
    if wish.negative.is_none() || wish.bias.is_none() {
        let agrees =
            |rate: &Rate, outputs: &[f32]| Agreement::of(rate, samples, outputs, threads, progress);
        let outputs = Forward::<f32>::new(graph).outputs_while(samples, threads, progress);
        let Some(outputs) = outputs else {
            return Ok(None);
        };
        let Some(mut now) = agrees(&rate, &outputs) else {
            return Ok(None);
        };
        let is_enough = |a: &Agreement| a.same as f64 >= ENOUGH * a.samples as f64;
        let may = wish.negative.is_none() && options.settings.reset == Reset::Subtract;
        if may && !is_enough(&now) {
            let signed = with(true)?;
            let Some(then) = agrees(&signed, &outputs) else {
                return Ok(None);
            };
            let better = then.same > now.same;
            notes.push(format!(
                "negative spikes: {} of {} decisions agree without them, {} with them; {}",
                now.same,
                now.samples,
                then.same,
                said(better)
            ));
            if better {
                (rate, now) = (signed, then);
            }
        }
        enough = is_enough(&now);
    }
    let how = match wish.bias {
        Some(how) => how,
        None if enough => BiasCalibration::None,
        None => BiasCalibration::Light,
    };
    let mut bias = BiasCalibration::None;
    if how != BiasCalibration::None {
        let done = calibrate(graph, plan, &mut rate, samples, how, threads, progress);
        let Some(done) = done else {
            return Ok(None);
        };
        notes.push(format!(
            "calibration of biases: {} of {} decisions agree before it, {} after it; {}",
            done.before.same,
            done.before.samples,
            done.after.same,
            said(done.kept)
        ));
        if done.kept {
            bias = how;
        }
    }
    Ok(Some(Chosen { rate, bias, notes }))
}

fn said(kept: bool) -> &'static str {
    if kept { "kept" } else { "not kept" }
}
