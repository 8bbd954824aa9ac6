//! Statistics of recordings.
//!
//! Spikes with `from < t <= to` count; bins are `(from + k w, from + (k + 1) w]`, whole ones only, so a
//! spike at a tick belongs to the step that ends there. Variances are taken over n, not n - 1. What
//! cannot be computed (no spikes, too few intervals, no variance) is `None`, never a number.
//!
//! Of a spike train with the intervals I_1 ... I_n between successive spikes, n >= 2:
//!
//! - **CV** = std(I) / mean(I): 0 for a regular train, 1 for a Poisson process. Few intervals make it
//!   too small.
//! - **CV2** = mean over i of 2 |I_{i+1} - I_i| / (I_{i+1} + I_i): compares neighbours only, so that slow
//!   changes of the rate do not count. G. R. Holt, W. R. Softky, C. Koch, R. J. Douglas (1996),
//!   J. Neurophysiol. 75:1806-1814.
//! - **LV** = 3 mean over i of ((I_i - I_{i+1}) / (I_i + I_{i+1}))²: the local variation. S. Shinomoto,
//!   K. Shima, J. Tanji (2003), Neural Comput. 15:2823-2842.
//! - **LvR** = 3 mean over i of (1 - 4 I_i I_{i+1} / (I_i + I_{i+1})²) (1 + 4 R / (I_i + I_{i+1})) with
//!   R = 5 ms: LV revised for refractoriness. S. Shinomoto et al. (2009), PLoS Comput. Biol. 5:e1000433.
//!
//! Of the numbers of spikes c_i(b) of neuron i in the bins b = 1 ... B:
//!
//! - **Fano factor** F_i = var_b(c_i) / mean_b(c_i): 1 for a Poisson process at any bin; a renewal process
//!   has CV² in long bins. U. Fano (1947), Phys. Rev. 72:26-29.
//! - **correlation** rho_ij = cov_b(c_i, c_j) / (std_b(c_i) std_b(c_j)), Pearson's. With z-scores z_i(b)
//!   and Z = Σ_i z_i, the mean over all pairs is (mean_b(Z²) - N) / (N (N - 1)), and the mean of neuron
//!   i with all others is (mean_b(z_i Z) - 1) / (N - 1): no loop over pairs. Neurons without variance are
//!   left out. The distribution is that of all pairs of a subset of evenly spaced neurons, by default
//!   200 in bins of 2 ms, as in S. J. van Albada et al. (2018), Front. Neurosci. 12:291.
//! - **chi**, chi² = var_b(mean_i c_i) / mean_i(var_b(c_i)): 1 if all neurons do the same, of the order of
//!   1/sqrt(N) for independent ones. D. Golomb, J. Rinzel (1993), Phys. Rev. E 48:4810-4814, and (1994),
//!   Physica D 72:259-282, define it for potentials; here the counts take their place, and so it
//!   depends on the bin: synchrony more precise than the bin is full, less precise is lost.
//! - **synchrony** = var_b(C) / mean_b(C) of the spikes C of all neurons: 1 for independent Poisson
//!   neurons, below 1 for regular ones, up to N for synchronous ones; in bins of 3 ms as in
//!   T. C. Potjans, M. Diesmann (2014), Cereb. Cortex 24:785-806.
//! - **spectrum** of the population rate: see [`spectrum`].
//!
//! Two recordings are compared by the Kolmogorov-Smirnov distance of such distributions: [`ks`].

pub mod compare;
pub mod correlation;
pub mod counts;
pub mod distribution;
pub mod intervals;
pub mod ks;
pub mod report;
pub mod spectrum;
pub mod stats;
mod table;
pub mod trains;
pub mod weights;
