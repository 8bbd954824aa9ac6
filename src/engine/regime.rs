//! Which populations are swept and which are updated lazily.
//!
//! The two ways may differ in the last bit of a potential, so the choice must be the same for every
//! cut into shards. It follows from the definition (expected input) and, every `EPOCH_MS` of
//! simulated time, from the spike counts of whole populations, which every shard knows.

use crate::network::spec::Update;

/// How often the choice is made anew.
pub const EPOCH_MS: f64 = 100.0;
/// And when at first: what is assumed before anything is known should not hold for long.
const EARLY_MS: [f64; 3] = [2.0, 10.0, 40.0];

/// Rate in Hz that is assumed of neurons before anything is known.
const ASSUMED_HZ: f64 = 2.0;

/// What is known of a population before the run.
#[derive(Clone, Debug)]
pub struct PopulationLoad {
    /// 0 for sources: they are not updated.
    pub neurons: u32,
    pub update: Update,
    /// Updates per neuron and tick above which sweeping is cheaper.
    pub crossover: f64,
    /// Expected synapses per element of each population onto a neuron of this one, times the size
    /// of that population: input events per tick if every element fires once.
    pub fan_in: Vec<f64>,
    /// Is population i a source (its rate is counted, not assumed)?
    pub private: Vec<PrivateLoad>,
}

/// Expected private input per neuron.
#[derive(Clone, Debug)]
pub enum PrivateLoad {
    /// Events per tick by time.
    Course(crate::stimulus::rate::Course, f64),
    /// A mean over the whole run.
    PerTick(f64),
}

#[derive(Clone, Debug)]
pub struct Regime {
    populations: Vec<PopulationLoad>,
    swept: Vec<bool>,
    load: Vec<f64>,
    swept_ticks: Vec<u64>,
    /// Spikes per population since the last decision.
    spikes: Vec<u64>,
    sizes: Vec<u32>,
    /// Rate in Hz of each population that is assumed at first.
    assumed: Vec<f64>,
    epoch: u64,
    /// Ticks of the early decisions.
    early: Vec<u64>,
    last: u64,
}

/// What a regime has learnt from the run so far.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RegimeState {
    pub swept: Vec<bool>,
    load: Vec<f64>,
    swept_ticks: Vec<u64>,
    spikes: Vec<u64>,
    last: u64,
}

impl Regime {
    /// Hands out what it has learnt.
    pub fn keep(&self) -> RegimeState {
        RegimeState {
            swept: self.swept.clone(),
            load: self.load.clone(),
            swept_ticks: self.swept_ticks.clone(),
            spikes: self.spikes.clone(),
            last: self.last,
        }
    }

    /// The way back of `keep`, at the end of tick `now`. `None`: it is of another network.
    pub fn take_back(&mut self, state: &RegimeState, now: u64) -> Option<()> {
        let n = self.populations.len();
        let lengths = [
            state.swept.len(),
            state.load.len(),
            state.swept_ticks.len(),
            state.spikes.len(),
        ];
        if lengths != [n; 4] || state.last > now {
            return None;
        }
        self.swept.clone_from(&state.swept);
        self.load.clone_from(&state.load);
        self.swept_ticks.clone_from(&state.swept_ticks);
        self.spikes.clone_from(&state.spikes);
        self.last = state.last;
        Some(())
    }

    /// What the definition decides holds from now on, whatever was.
    pub fn enforce(&mut self) {
        for (swept, known) in self.swept.iter_mut().zip(&self.populations) {
            match known.update {
                Update::Lazy => *swept = false,
                Update::Sweep => *swept = known.neurons > 0,
                Update::Auto => {}
            }
        }
    }

    /// `sizes`: elements of each population; `expected_hz`: rate of each source, `None` for neurons.
    pub fn new(
        populations: Vec<PopulationLoad>,
        sizes: Vec<u32>,
        expected_hz: &[Option<f64>],
        tick_ms: f64,
    ) -> Self {
        let n = populations.len();
        let epoch = (EPOCH_MS / tick_ms).round().max(1.0) as u64;
        let mut regime = Self {
            swept: vec![false; n],
            load: vec![0.0; n],
            swept_ticks: vec![0; n],
            spikes: vec![0; n],
            sizes,
            populations,
            assumed: expected_hz
                .iter()
                .map(|hz| hz.unwrap_or(ASSUMED_HZ))
                .collect(),
            epoch,
            early: EARLY_MS
                .iter()
                .map(|ms| (ms / tick_ms).round() as u64)
                .filter(|tick| (1..epoch).contains(tick))
                .collect(),
            last: 0,
        };
        let per_tick: Vec<f64> = regime
            .assumed
            .iter()
            .map(|hz| hz * tick_ms / 1000.0)
            .collect();
        let to = regime.next_decision();
        regime.choose(&per_tick, 0, to, true);
        regime
    }

    pub fn swept(&self, population: usize) -> bool {
        self.swept[population]
    }

    pub fn any_swept(&self) -> bool {
        self.swept.contains(&true)
    }

    /// Share of a population's neurons that are expected to get input at a tick.
    pub fn load(&self, population: usize) -> f64 {
        self.load[population]
    }

    /// Rate in Hz that is expected of a population before anything is known of the run.
    pub fn assumed_hz(&self, population: usize) -> f64 {
        self.assumed[population]
    }

    /// The tick at whose end the next decision is due.
    pub fn next_decision(&self) -> u64 {
        let early = self.early.iter().find(|&&tick| tick > self.last);
        early
            .copied()
            .unwrap_or_else(|| (self.last / self.epoch + 1) * self.epoch)
    }

    /// Notes a spike of a population.
    #[inline(always)]
    pub fn spiked(&mut self, population: usize) {
        self.spikes[population] += 1;
    }

    /// Decides for the ticks after `next_decision`, from the spikes noted since the last decision.
    pub fn decide(&mut self) {
        let to = self.next_decision();
        let ticks = to - self.last;
        let per_tick: Vec<f64> = self
            .spikes
            .iter()
            .zip(&self.sizes)
            .map(|(&s, &n)| s as f64 / (f64::from(n.max(1)) * ticks as f64))
            .collect();
        for (t, &s) in self.swept_ticks.iter_mut().zip(&self.swept) {
            *t += if s { ticks } else { 0 };
        }
        self.spikes.fill(0);
        self.last = to;
        let next = self.next_decision();
        self.choose(&per_tick, to, next, false);
    }

    fn choose(&mut self, per_tick: &[f64], from: u64, to: u64, first: bool) {
        for (p, known) in self.populations.iter().enumerate() {
            let mut events: f64 = known.fan_in.iter().zip(per_tick).map(|(k, r)| k * r).sum();
            for private in &known.private {
                events += match private {
                    PrivateLoad::Course(c, scale) => {
                        c.expected(from, to) * scale / (to - from) as f64
                    }
                    PrivateLoad::PerTick(x) => *x,
                };
            }
            // Share of neurons with at least one event, if events fall independently.
            let load = -libm::expm1(-events);
            self.load[p] = load;
            self.swept[p] = known.neurons > 0
                && match known.update {
                    Update::Lazy => false,
                    Update::Sweep => true,
                    Update::Auto if first => load > known.crossover,
                    // A population near the crossover stays as it is.
                    Update::Auto if self.swept[p] => load > 0.8 * known.crossover,
                    Update::Auto => load > 1.25 * known.crossover,
                };
        }
    }

    /// For the report, at the end of tick `reached`.
    pub fn report(&self, reached: u64) -> Vec<super::report::RegimeReport> {
        (0..self.populations.len())
            .filter(|&p| self.populations[p].neurons > 0)
            .map(|p| super::report::RegimeReport {
                population: p,
                swept_ticks: self.swept_ticks[p]
                    + if self.swept[p] {
                        reached.saturating_sub(self.last)
                    } else {
                        0
                    },
                load: self.load[p],
                crossover: self.populations[p].crossover,
                forced: self.populations[p].update != Update::Auto,
            })
            .collect()
    }
}
