//! The network that is studied, and how a changed one is made as it was.

use crate::ann::Graph;
use crate::convert::rate::{self, Options};
use crate::convert::{Calibration, Plan, Source, Units, plan, plan_with};
use crate::parallel::Progress;
use crate::spiking::{Net, Network, Ramp, Rate};

/// How networks are converted that differ in more than the values of weights.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    Exact {
        /// Ticks of a window.
        window: u32,
        headroom: f64,
    },
    Rate(Options),
}

/// A converted network with what it was made of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub graph: &'a Graph,
    pub seen: &'a Calibration,
    pub network: &'a Network,
    pub sources: &'a [Source],
    pub code: Code,
}

const OTHERWISE: &str =
    "this program would convert the network otherwise than it was: convert it again";

impl Subject<'_> {
    /// The same network with the weights of `graph`. Scales and thresholds stay those of the network as it is: a
    /// chip is scaled once, before its weights are what they turn out to be. So does what calibration added
    /// to biases.
    ///
    /// # Errors
    /// Networks that cannot be converted, or no longer in this way.
    pub fn with_weights(&self, graph: &Graph) -> Result<Network, String> {
        match self.network {
            Network::Exact(ramp) => {
                let net = plan(graph, self.seen, true)?.net;
                Ok(Network::Exact(self.ramp(net, ramp.window)))
            }
            Network::Rate(rate) => {
                let before = self.planned()?;
                let units = Units::These(&before.units);
                let mut net = plan_with(graph, self.seen, units)?.net;
                let populations = net.populations.iter_mut().zip(&before.net.populations);
                for ((now, before), own) in populations.zip(&rate.net.populations) {
                    if (own.planes, own.bias.len()) != (before.planes, before.bias.len()) {
                        return Err(OTHERWISE.into());
                    }
                    for ((b, before), own) in now.bias.iter_mut().zip(&before.bias).zip(&own.bias) {
                        *b += own - before;
                    }
                }
                let mut again = Rate::new(net, rate.thresholds.clone(), rate.settings)?;
                again.start.clone_from(&rate.start);
                Ok(Network::Rate(again))
            }
        }
    }

    /// A net with the exact code of this one, but for the ticks of a window.
    pub fn ramp(&self, net: Net, window: u32) -> Ramp {
        let headroom = match self.code {
            Code::Exact { headroom, .. } => headroom,
            Code::Rate(_) => 1.0,
        };
        Ramp::new(net, window, headroom)
    }

    /// The plan of the network as it is.
    fn planned(&self) -> Result<Plan, String> {
        for how in [Units::IfNeeded, Units::ByCost] {
            let planned = plan_with(self.graph, self.seen, how)?;
            if planned.sources == self.sources {
                return Ok(planned);
            }
        }
        Err(OTHERWISE.into())
    }

    /// A network from another graph, converted from the start with these samples. `None` if it was stopped.
    /// Biases are not calibrated.
    ///
    /// # Errors
    /// Networks that cannot be converted.
    pub fn converted(
        &self,
        graph: &Graph,
        samples: &[f32],
        threads: usize,
        progress: &Progress,
    ) -> Result<Option<Network>, String> {
        let Some(seen) = Calibration::of_while(graph, samples, threads, progress) else {
            return Ok(None);
        };
        match self.code {
            Code::Exact { window, .. } => {
                let net = plan(graph, &seen, true)?.net;
                Ok(Some(Network::Exact(self.ramp(net, window))))
            }
            Code::Rate(options) => {
                let units = !self.planned()?.units.is_empty();
                let planned = plan(graph, &seen, units)?;
                let values = rate::look(graph, &planned, samples, threads, progress);
                let Some(values) = values else {
                    return Ok(None);
                };
                Ok(Some(Network::Rate(rate::code(
                    &planned, &values, &options,
                )?)))
            }
        }
    }
}
