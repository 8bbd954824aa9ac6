//! Random streams keyed by (seed, domain, ids): what is drawn for one thing never depends on what
//! else is drawn, on which thread, or in which order.
//!
//! Two kinds. `Stream` draws one after the other, mostly from a PCG generator that is seeded by
//! hashing the key into all of its state: consecutive stream numbers of a raw PCG are correlated.
//! `philox` is a counter generator: any word can be had at any time without the ones before it. It draws the
//! input of every tick, and what there is for each synapse (`numbered`), many words side by side.

pub mod numbered;
pub mod pairs;
pub mod philox;

use rand::rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// What a draw is for. The number is part of the key: never reuse or renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Domain {
    Connectivity = 1,
    Weight = 2,
    Delay = 3,
    Parameter = 4,
    InitialState = 5,
    PoissonSource = 6,
    PoissonDrive = 7,
    DriveWeight = 8,
    Position = 9,
    /// Samples for estimates; no part of a network hangs on them.
    Estimate = 10,
    Escape = 11,
    /// Delays of what spikes release.
    Release = 12,
    Gamma = 32,
    PulsePacket = 33,
    NoiseCurrent = 34,
    /// Samples shown as spikes by chance.
    RateInput = 40,
    /// What befalls spikes, values and weights of layered networks when their robustness is measured.
    SpikeFault = 48,
    InputNoise = 49,
    WeightNoise = 50,
}

/// The finaliser of SplitMix64: a bijection of 64 bits that mixes well.
#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A 64-bit key for (seed, domain, a, b). Chained, so that (1, 0) and (0, 1) differ.
#[inline]
pub fn key(seed: u64, domain: Domain, a: u64, b: u64) -> u64 {
    let mut h = mix(seed.wrapping_add(GOLDEN));
    for word in [domain as u64, a, b] {
        h = mix(h ^ mix(word.wrapping_add(GOLDEN)).wrapping_add(GOLDEN));
    }
    h
}

/// The key of a stimulus in a domain that sources (by the number of their population) and private
/// drives (by their own number) share.
pub fn of_stimulus(is_drive: bool, number: u64) -> u64 {
    number << 1 | u64::from(is_drive)
}

/// Where a stream takes its random bits from.
pub trait Words {
    fn word(&mut self) -> u64;
}

impl Words for Pcg64 {
    #[inline]
    fn word(&mut self) -> u64 {
        self.next_u64()
    }
}

/// A generator of its own for one thing.
#[derive(Clone, Debug)]
pub struct Stream<G = Pcg64>(G);

impl Stream {
    /// The stream of (seed, domain, a, b).
    pub fn new(seed: u64, domain: Domain, a: u64, b: u64) -> Self {
        let k = key(seed, domain, a, b);
        let mut bytes = [0u8; 32];
        for (i, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            let word = mix(k.wrapping_add(GOLDEN.wrapping_mul(i as u64 + 1)));
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Self(Pcg64::from_seed(bytes))
    }

    /// Where the generator stands: state and stream, low words first.
    pub fn words(&self) -> [u64; 4] {
        let (state, stream) = (self.0.state(), self.0.stream());
        [
            state as u64,
            (state >> 64) as u64,
            stream as u64,
            (stream >> 64) as u64,
        ]
    }

    /// The generator that stands there.
    pub fn of_words([a, b, c, d]: [u64; 4]) -> Self {
        let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        Self(Pcg64::from_state(wide(a, b), wide(c, d)))
    }
}

impl<G: Words> Stream<G> {
    #[inline]
    pub fn u64(&mut self) -> u64 {
        self.0.word()
    }

    /// Uniform in [0, 1), 53 bits. (Signed numbers are converted by one instruction.)
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.u64() >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in (0, 1]: safe as the argument of a logarithm.
    #[inline]
    pub fn unit_open(&mut self) -> f64 {
        ((self.u64() >> 11) + 1) as i64 as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform whole number below `n` (n > 0), without bias (Lemire 2019).
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        let n64 = u64::from(n);
        let mut m = (self.u64() >> 32) * n64;
        if (m as u32) < n {
            let floor = n.wrapping_neg() % n;
            while (m as u32) < floor {
                m = (self.u64() >> 32) * n64;
            }
        }
        (m >> 32) as u32
    }

    /// Uniform whole number below `n` (n > 0) for ranges beyond 32 bits.
    #[inline]
    pub fn below_u64(&mut self, n: u64) -> u64 {
        let mut m = u128::from(self.u64()) * u128::from(n);
        if (m as u64) < n {
            let floor = n.wrapping_neg() % n;
            while (m as u64) < floor {
                m = u128::from(self.u64()) * u128::from(n);
            }
        }
        (m >> 64) as u64
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.unit_open())
    }

    /// Standard normal, by the ziggurat of 256 layers (Marsaglia & Tsang 2000, J. Stat. Softw. 5(8); in
    /// the form of Doornik 2005, where layer and position come from different bits).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let z = ziggurat();
        loop {
            let bits = self.u64();
            if let Some(x) = z.inside(bits) {
                return x;
            }
            if let Some(x) = self.outside(z, bits) {
                return x;
            }
        }
    }

    /// The one draw in 150 that does not fall into the inner part of its layer.
    #[cold]
    fn outside(&mut self, z: &Ziggurat, bits: u64) -> Option<f64> {
        let (layer, u) = Ziggurat::parts(bits);
        if layer == 0 {
            // Tail beyond the last edge (Marsaglia 1964).
            loop {
                let x = -libm::log(self.unit_open()) / EDGE;
                let y = -libm::log(self.unit_open());
                if y + y >= x * x {
                    return Some(if u < 0.0 { -(EDGE + x) } else { EDGE + x });
                }
            }
        }
        let x = u * z.edge[layer];
        let (low, high) = (z.density[layer], z.density[layer + 1]);
        let y = high + self.unit() * (low - high);
        is_under(y, x, z.edge[layer], low).then_some(x)
    }
}

/// Is y < exp(-x^2 / 2), where `low` is that of `edge`, and |x| <= edge?
#[inline]
fn is_under(y: f64, x: f64, edge: f64, low: f64) -> bool {
    /// For rounding, which is not the same on both ways.
    const MARGIN: f64 = 1e-12;
    // The density is low * exp(d), and mostly need not be known better than by three members of the series: they
    // are too small, by less than d^3 / 2 for d < 1.
    let d = 0.5 * (edge - x.abs()) * (edge + x.abs());
    let series = 1.0 + d + 0.5 * d * d;
    if y < low * series * (1.0 - MARGIN) {
        return true;
    }
    if d < 1.0 && y > low * (series + 0.5 * d * d * d) * (1.0 + MARGIN) {
        return false;
    }
    y < libm::exp(-0.5 * x * x)
}

/// Layers, and where the tail of the normal density is cut off, so that all have the same area.
const LAYERS: usize = 256;
const EDGE: f64 = 3.654_152_885_361_009;

/// Layers of equal area under the normal density; the first holds the tail.
struct Ziggurat {
    edge: [f64; LAYERS + 1],
    /// exp(-edge^2 / 2).
    density: [f64; LAYERS + 1],
    /// Inner part of a layer, over all of it.
    ratio: [f64; LAYERS],
}

impl Ziggurat {
    /// Layer, and place in it from -1 to 1.
    #[inline(always)]
    fn parts(bits: u64) -> (usize, f64) {
        let layer = (bits & (LAYERS as u64 - 1)) as usize;
        let u = (bits >> 11) as i64 as f64 * (2.0 / (1u64 << 53) as f64) - 1.0;
        (layer, u)
    }

    /// The draw that these bits are, if it lies in the inner part of its layer.
    #[inline(always)]
    fn inside(&self, bits: u64) -> Option<f64> {
        let (layer, u) = Self::parts(bits);
        (u.abs() < self.ratio[layer]).then_some(u * self.edge[layer])
    }
}

fn ziggurat() -> &'static Ziggurat {
    static TABLE: std::sync::OnceLock<Ziggurat> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        let mut edge = [0.0; LAYERS + 1];
        let mut f = libm::exp(-0.5 * EDGE * EDGE);
        let half = std::f64::consts::FRAC_PI_2.sqrt();
        let tail = half * libm::erfc(EDGE * std::f64::consts::FRAC_1_SQRT_2);
        let area = EDGE * f + tail;
        edge[0] = area / f;
        edge[1] = EDGE;
        for i in 2..LAYERS {
            edge[i] = (-2.0 * libm::log(area / edge[i - 1] + f)).sqrt();
            f = libm::exp(-0.5 * edge[i] * edge[i]);
        }
        edge[LAYERS] = 0.0;
        Ziggurat {
            edge,
            density: edge.map(|x| libm::exp(-0.5 * x * x)),
            ratio: std::array::from_fn(|i| edge[i + 1] / edge[i]),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_neighbouring_ids_are_not_correlated() {
        // Chi-square over 64 bins of the first draw of 64,000 streams: 63 expected, sd 11.2.
        let mut bins = [0f64; 64];
        for id in 0..64_000u64 {
            bins[(Stream::new(42, Domain::Weight, id, 0).unit() * 64.0) as usize] += 1.0;
        }
        let chi: f64 = bins.iter().map(|n| (n - 1000.0).powi(2) / 1000.0).sum();
        assert!((25.0..120.0).contains(&chi), "{chi}");
    }

    #[test]
    fn the_parts_of_a_key_are_not_interchangeable() {
        let keys = [
            key(1, Domain::Weight, 0, 0),
            key(0, Domain::Weight, 1, 0),
            key(0, Domain::Weight, 0, 1),
            key(0, Domain::Delay, 0, 0),
        ];
        for i in 0..4 {
            for j in 0..i {
                assert_ne!(keys[i], keys[j]);
            }
        }
    }

    #[test]
    fn below_reaches_every_value_and_stays_below() {
        let mut s = Stream::new(1, Domain::Connectivity, 0, 0);
        let mut seen = [0u32; 7];
        for _ in 0..7000 {
            seen[s.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
        assert!((0..1000).all(|_| s.below_u64(1 << 40) < 1 << 40));
    }

    #[test]
    fn normal_and_exponential_have_their_moments() {
        let mut s = Stream::new(3, Domain::Parameter, 0, 0);
        let n = 200_000;
        let (mut m, mut v, mut e) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let x = s.normal();
            m += x;
            v += x * x;
            e += s.exponential();
        }
        let n = f64::from(n);
        assert!((m / n).abs() < 0.01 && (v / n - 1.0).abs() < 0.02 && (e / n - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_layers_of_the_ziggurat_have_one_area_and_end_at_the_top() {
        let z = ziggurat();
        let area = z.edge[0] * z.density[1];
        for i in 1..LAYERS {
            let here = z.edge[i] * (z.density[i + 1] - z.density[i]);
            assert!((here / area - 1.0).abs() < 1e-9, "{i}: {here} {area}");
        }
    }

    #[test]
    fn short_cuts_past_the_density_decide_as_the_density_does() {
        let z = ziggurat();
        let mut s = Stream::new(3, Domain::Parameter, 0, 0);
        for layer in 1..LAYERS {
            let (edge, low, high) = (z.edge[layer], z.density[layer], z.density[layer + 1]);
            for k in 0..40 {
                let u = z.ratio[layer] + (1.0 - z.ratio[layer]) * s.unit();
                let x = if k % 2 == 0 { u * edge } else { -u * edge };
                let density = libm::exp(-0.5 * x * x);
                let even = high + s.unit() * (low - high);
                let near = [0.0, 1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-5, 1e-3];
                let near = near.map(|off| [density * (1.0 - off), density * (1.0 + off)]);
                for y in near.as_flattened().iter().copied().chain([even, low, high]) {
                    assert_eq!(is_under(y, x, edge, low), y < density, "{layer} {x} {y}");
                }
            }
        }
    }

    #[test]
    fn normal_draws_follow_the_normal_distribution_into_the_tails() {
        let n = 1_000_000;
        let mut s = Stream::new(4, Domain::Parameter, 0, 0);
        let mut draws: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        draws.sort_by(f64::total_cmp);
        let cdf = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        let distance = draws
            .iter()
            .enumerate()
            .map(|(i, &x)| (cdf(x) - (i as f64 + 0.5) / f64::from(n)).abs())
            .fold(0.0, f64::max);
        // Kolmogorov-Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand.
        assert!(distance < 1.95e-3, "{distance}");
        for edge in [3.0, EDGE, 4.0] {
            let beyond = draws.iter().filter(|x| x.abs() > edge).count() as f64;
            let expected = f64::from(n) * libm::erfc(edge / std::f64::consts::SQRT_2);
            assert!(
                (beyond - expected).abs() < 5.0 * expected.sqrt(),
                "{edge}: {beyond} {expected}"
            );
        }
    }
}
