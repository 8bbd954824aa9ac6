//! Power spectrum of the rate of a population by Welch's method.
//!
//! The signal is the population rate r(k) = spikes in bin k / (neurons × bin), in Hz. It is cut into
//! segments of L bins that overlap by half (L/2 rounded down; what does not fill a segment at the end is
//! left out); of each the mean is taken off, it is multiplied by the periodic Hann window
//! w(k) = (1 - cos(2 π k / L)) / 2, and the squared magnitude of its Fourier transform is divided by
//! f_s Σ w². The mean over the segments, doubled at all frequencies but 0 and f_s/2, is the one-sided
//! density in Hz²/Hz at the frequencies k f_s / L, f_s = 1/bin: its integral is the variance of the rate.
//! Independent Poisson neurons give 2 × rate / neurons at every frequency. These are the conventions of
//! `scipy.signal.welch` and of elephant's `welch_psd`.
//!
//! P. D. Welch (1967), IEEE Trans. Audio Electroacoust. 15:70-73.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use serde::Serialize;

use super::counts::Bins;
use super::trains::Trains;

/// Segments of a spectrum whose length nobody chose.
const SEGMENTS: f64 = 8.0;
/// A shorter segment has no frequencies to speak of.
const SHORTEST: usize = 8;

/// One-sided power density.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spectrum {
    pub bin_ms: f64,
    pub segment_ms: f64,
    /// Number of segments that are averaged.
    pub segments: usize,
    /// Frequency of the greatest power, frequency 0 left out.
    pub peak_hz: f64,
    /// Power there.
    pub peak_hz2_per_hz: f64,
    /// Power of independent Poisson neurons of the same rate.
    pub poisson_hz2_per_hz: f64,
    /// Distance of the frequencies: that of `power_hz2_per_hz[k]` is k times this.
    pub step_hz: f64,
    pub power_hz2_per_hz: Vec<f64>,
}

impl Spectrum {
    /// Spectrum of the rate of all trains; `None` without spikes, or if a segment would be shorter than
    /// 8 bins or longer than the range. Without a `segment` (ms) there are eight.
    pub fn of(trains: &Trains, bins: &Bins, segment: Option<f64>) -> Option<Self> {
        let length = match segment {
            Some(ms) => (ms / bins.width).round() as usize,
            None => default_length(bins.number),
        };
        if !(SHORTEST..=bins.number).contains(&length) {
            return None;
        }
        let total = bins.total(trains);
        let spikes: u64 = total.iter().map(|c| u64::from(*c)).sum();
        if spikes == 0 {
            return None;
        }
        let neurons = trains.len() as f64;
        let sampling = 1e3 / bins.width;
        let to_rate = sampling / neurons;
        let signal: Vec<f64> = total.iter().map(|c| f64::from(*c) * to_rate).collect();
        let (segments, power) = welch(&signal, sampling, length);
        let peak = (1..power.len()).max_by(|a, b| power[*a].total_cmp(&power[*b]))?;
        let step_hz = sampling / length as f64;
        let rate = spikes as f64 * to_rate / bins.number as f64;
        Some(Self {
            bin_ms: bins.width,
            segment_ms: length as f64 * bins.width,
            segments,
            peak_hz: peak as f64 * step_hz,
            peak_hz2_per_hz: power[peak],
            poisson_hz2_per_hz: 2.0 * rate / neurons,
            step_hz,
            power_hz2_per_hz: power,
        })
    }

    /// (frequency in Hz, power).
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let at = |(k, p): (usize, &f64)| (k as f64 * self.step_hz, *p);
        self.power_hz2_per_hz.iter().enumerate().map(at)
    }
}

/// Length of eight half overlapping segments in so many samples.
pub fn default_length(samples: usize) -> usize {
    (samples as f64 / (SEGMENTS - 0.5 * (SEGMENTS - 1.0))) as usize
}

/// Number of segments and one-sided density of a signal sampled at `sampling` Hz. `length` is at least 2
/// and at most the length of the signal.
pub fn welch(signal: &[f64], sampling: f64, length: usize) -> (usize, Vec<f64>) {
    let window: Vec<f64> = (0..length)
        .map(|k| 0.5 - 0.5 * libm::cos(std::f64::consts::TAU * k as f64 / length as f64))
        .collect();
    let scale = 1.0 / (sampling * window.iter().map(|w| w * w).sum::<f64>());
    let fft = FftPlanner::new().plan_fft_forward(length);
    let mut scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
    let mut buffer = vec![Complex::default(); length];
    let mut power = vec![0.0; length / 2 + 1];
    let mut segments = 0;
    for start in (0..=signal.len() - length).step_by(length - length / 2) {
        let part = &signal[start..start + length];
        let mean = part.iter().sum::<f64>() / length as f64;
        for ((b, x), w) in buffer.iter_mut().zip(part).zip(&window) {
            *b = Complex::new((x - mean) * w, 0.0);
        }
        fft.process_with_scratch(&mut buffer, &mut scratch);
        for (p, b) in power.iter_mut().zip(&buffer) {
            *p += b.norm_sqr();
        }
        segments += 1;
    }
    for (k, p) in power.iter_mut().enumerate() {
        let both = if k == 0 || 2 * k == length { 1.0 } else { 2.0 };
        *p *= both * scale / f64::from(segments);
    }
    (segments as usize, power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Population;

    /// The definition, term by term.
    fn slow(signal: &[f64], sampling: f64, length: usize) -> Vec<f64> {
        let tau = std::f64::consts::TAU;
        let w = |k: usize| (1.0 - (tau * k as f64 / length as f64).cos()) / 2.0;
        let norm: f64 = (0..length).map(|k| w(k) * w(k)).sum();
        let starts: Vec<usize> = (0..)
            .map(|s| s * (length - length / 2))
            .take_while(|s| s + length <= signal.len())
            .collect();
        (0..=length / 2)
            .map(|f| {
                let of = |s: &usize| {
                    let x = &signal[*s..s + length];
                    let mean = x.iter().sum::<f64>() / length as f64;
                    let (mut re, mut im) = (0.0, 0.0);
                    for (k, v) in x.iter().enumerate() {
                        let phase = tau * ((f * k) % length) as f64 / length as f64;
                        re += (v - mean) * w(k) * phase.cos();
                        im -= (v - mean) * w(k) * phase.sin();
                    }
                    (re * re + im * im) / (sampling * norm)
                };
                let both = if f == 0 || 2 * f == length { 1.0 } else { 2.0 };
                both * starts.iter().map(of).sum::<f64>() / starts.len() as f64
            })
            .collect()
    }

    #[test]
    fn welch_is_its_definition() {
        let signal: Vec<f64> = (0..100u32)
            .map(|k| f64::from((k * k * 7 + k * 3) % 23) + 10.0)
            .collect();
        for length in [8, 22, 31, 64, 97, 100] {
            let (segments, fast) = welch(&signal, 500.0, length);
            let expected = slow(&signal, 500.0, length);
            assert_eq!(segments, (100 - length / 2) / (length - length / 2));
            assert_eq!(fast.len(), expected.len());
            let most = expected.iter().copied().fold(0.0, f64::max);
            for (a, b) in fast.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-12 * most, "{length}: {a} {b}");
            }
        }
    }

    #[test]
    fn an_oscillation_has_its_frequency_and_variance() {
        // 8 neurons fire together every 25 ms: 40 Hz and its harmonics.
        let mut spikes = vec![];
        for k in 0..400u32 {
            for id in 0..8 {
                // Jitter by up to 7 ms makes the harmonics smaller.
                spikes.push((f64::from(k) * 25.0 + f64::from((id * 3 + k) % 8) + 0.5, id));
            }
        }
        let (times, ids) = spikes.into_iter().unzip();
        let t = Trains::of(&Population::new("p", 8, times, ids), 0.0, 10_000.0);
        let bins = Bins::new(0.0, 10_000.0, 1.0).expect("bins");
        let s = Spectrum::of(&t, &bins, Some(500.0)).expect("spikes");
        assert_eq!((s.peak_hz, s.step_hz, s.segments), (40.0, 2.0, 39));
        assert!(s.peak_hz2_per_hz > 50.0 * s.poisson_hz2_per_hz);
        assert_eq!(s.poisson_hz2_per_hz, 2.0 * 40.0 / 8.0);
        // The integral is the variance: counts 1 in 8 of 25 bins.
        let share: f64 = 8.0 / 25.0;
        let variance = (share - share * share) * (1000.0f64 / 8.0).powi(2);
        let integral: f64 = s.power_hz2_per_hz.iter().sum::<f64>() * s.step_hz;
        assert!(
            (integral / variance - 1.0).abs() < 0.02,
            "{integral} {variance}"
        );
        let s = Spectrum::of(&t, &bins, None).expect("spikes");
        assert_eq!((s.segments, s.segment_ms), (8, 2222.0));
    }

    #[test]
    fn nothing_has_no_spectrum() {
        let bins = Bins::new(0.0, 100.0, 1.0).expect("bins");
        let silent = Trains::of(&Population::new("p", 3, vec![], vec![]), 0.0, 100.0);
        assert_eq!(Spectrum::of(&silent, &bins, None), None);
        let one = Trains::of(&Population::new("p", 3, vec![5.0], vec![1]), 0.0, 100.0);
        assert!(Spectrum::of(&one, &bins, None).is_some());
        assert_eq!(Spectrum::of(&one, &bins, Some(4.0)), None);
        assert_eq!(Spectrum::of(&one, &bins, Some(101.0)), None);
    }
}
