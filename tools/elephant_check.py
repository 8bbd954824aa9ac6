#!/usr/bin/env python3
"""Statistics of spike trains by elephant, to hold `spikewheel stats` against.

usage: elephant_check.py make DIR             write the shared trains and elephant's figures (tests/data/elephant)
       elephant_check.py check RECORDING.h5   compare a recording with what `spikewheel stats` says of it
              [--program spikewheel] [--from MS] [--to MS] [--bin MS] [--neurons 200]

Needs elephant, neo, quantities, numpy, scipy and, for `check`, h5py. `check` exits with 1 if a figure
differs by more than 1e-9 relative.

What is compared, and with which call of elephant (E) or scipy:
  cv, cv2, lv, lvr    E.statistics.cv / cv2 / lv / lvr(R = 5 ms) of isi(train), three spikes or more
  fano                E.statistics.fanofactor of one train cut into bins, each bin being a "trial"
  correlation         E.spike_train_correlation.correlation_coefficient of BinnedSpikeTrain, neurons whose
                      count varies
  spectrum            E.spectral.welch_psd of the binned population rate (Hann, half overlap)
  ks                  scipy.stats.ks_2samp
elephant's bins contain their start, Spikewheel's their end. Spikes that lie on no border are in the same
bin either way; `check` therefore moves the spikes of a recording back by half a tick.
"""
import argparse
import json
import os
import subprocess
import sys
import warnings

import elephant
import neo
import numpy as np
import quantities as pq
import scipy
import scipy.stats
from elephant import spectral, statistics
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import correlation_coefficient

warnings.filterwarnings("ignore")

DURATION = 4000.0
BIN, FANO_BIN, RATE_BIN, SEGMENT = 5.0, 100.0, 1.0, 500


def poisson(rng, hz):
    n = rng.poisson(hz * DURATION / 1e3)
    return np.sort(rng.uniform(0, DURATION, n))


def gamma(rng, hz, shape):
    gaps = rng.gamma(shape, 1e3 / hz / shape, int(3 * hz * DURATION / 1e3) + 20)
    times = np.cumsum(gaps) - rng.uniform(0, 1e3 / hz)
    return times[(times > 0) & (times < DURATION)]


def followed(rng, mother):
    kept = mother[rng.random(len(mother)) < 0.5]
    times = np.sort(kept + rng.uniform(-2, 2, len(kept)))
    return times[(times > 0) & (times < DURATION)]


def populations(rng):
    """name -> trains. Times are rounded to 1e-4 ms: short files, and no spike on the border of a bin."""
    mother = poisson(rng, 60.0)
    modulated = [poisson(rng, 40.0) for _ in range(6)]
    kinds = {
        "poisson": [poisson(rng, hz) for hz in (0.8, 3, 8, 20, 60, 150)],
        "gamma": [gamma(rng, hz, shape) for hz, shape in ((5, 4), (20, 0.4), (30, 9), (80, 2), (10, 1.5))],
        "regular": [np.arange(phase, DURATION, gap) for phase, gap in ((1.7, 10), (0.3, 12.5), (6.1, 33), (2.9, 250))],
        # Each takes half of the spikes of a common train, with a jitter.
        "correlated": [followed(rng, mother) for _ in range(6)],
        # 25 Hz: spikes are kept with a probability that oscillates.
        "oscillating": [t[rng.random(len(t)) < 0.5 * (1 + np.sin(2 * np.pi * 0.025 * t))] for t in modulated],
        "sparse": [np.array([]), np.array([1234.5]), np.array([100.25, 3000.75]), np.array([17.3, 18.9, 2222.2]),
                   np.array([]), poisson(rng, 2.0)],
    }
    rounded = {}
    for name, trains in kinds.items():
        rounded[name] = [np.unique(np.round(t, 4)) for t in trains]
        for t in rounded[name]:
            # Keep off the borders of all bins that are used (multiples of 1 ms).
            t += np.where(np.abs(t - np.rint(t)) < 1e-3, 0.01, 0.0)
            np.round(t, 4, out=t)
            assert np.all(np.diff(t) > 0) and np.all((t > 0) & (t < DURATION))
    return rounded


def number(v):
    v = float(v)
    return v if np.isfinite(v) else None


def fano(train, start, stop, width):
    edges = start + width * np.arange(int((stop - start) / width + 1e-7) + 1)
    trials = [train[(train >= a) & (train < b)] for a, b in zip(edges[:-1], edges[1:])]
    return number(statistics.fanofactor([t * pq.ms for t in trials]))


def irregularity(train):
    if len(train) < 3:
        return dict(cv=None, cv2=None, lv=None, lvr=None)
    isi = statistics.isi(train * pq.ms)
    return dict(cv=number(statistics.cv(isi)), cv2=number(statistics.cv2(isi)), lv=number(statistics.lv(isi)),
                lvr=number(statistics.lvr(isi, R=5 * pq.ms)))


def binned(trains, start, stop, width):
    n = int((stop - start) / width + 1e-7)
    end = start + n * width
    spikes = [neo.SpikeTrain(t[(t >= start) & (t < end)] * pq.ms, t_start=start * pq.ms, t_stop=end * pq.ms) for t in trains]
    return BinnedSpikeTrain(spikes, bin_size=width * pq.ms, n_bins=n, t_start=start * pq.ms)


def correlations(trains, start, stop, width):
    """Matrix with None where a count does not vary."""
    b = binned(trains, start, stop, width)
    varies = b.to_array().var(axis=1) > 0
    c = np.atleast_2d(correlation_coefficient(b, fast=False))
    return c, varies


def spectrum(trains, start, stop, width, segment):
    counts = binned(trains, start, stop, width).to_array().sum(axis=0)
    rate = counts / len(trains) / (width / 1e3)
    f, p = spectral.welch_psd(rate, fs=1e3 / width, len_segment=segment, overlap=0.5, window="hann")
    return np.asarray(f), np.asarray(p)


def make(directory):
    rng = np.random.default_rng(20)
    found = populations(rng)
    os.makedirs(directory, exist_ok=True)
    out = {
        "origin": f"tools/elephant_check.py make, with elephant {elephant.__version__}, neo {neo.__version__}, "
                  f"scipy {scipy.__version__}, numpy {np.__version__}",
        "duration_ms": DURATION, "bin_ms": BIN, "fano_bin_ms": FANO_BIN, "rate_bin_ms": RATE_BIN, "segment_bins": SEGMENT,
        "populations": {},
    }
    with open(os.path.join(directory, "trains.csv"), "w", encoding="utf-8") as f:
        f.write("population,neuron,time_ms\n")
        for name, trains in found.items():
            for k, t in enumerate(trains):
                f.writelines(f"{name},{k},{v:.10g}\n" for v in t)
    for name, trains in found.items():
        c, varies = correlations(trains, 0, DURATION, BIN)
        f, p = spectrum(trains, 0, DURATION, RATE_BIN, SEGMENT)
        off = c[np.ix_(varies, varies)][np.triu_indices(varies.sum(), 1)]
        counts = binned(trains, 0, DURATION, BIN).to_array()
        out["populations"][name] = {
            "neurons": [dict(spikes=len(t), fano=fano(t, 0, DURATION, FANO_BIN), **irregularity(t)) for t in trains],
            "correlation": [[number(c[i, j]) if varies[i] and varies[j] else None for j in range(len(trains))]
                            for i in range(len(trains))],
            "mean_correlation": number(off.mean()) if len(off) else None,
            # By numpy, from the definition.
            "chi": number(np.sqrt(counts.mean(axis=0).var() / counts.var(axis=1).mean())),
            "synchrony": number(statistics.fanofactor([np.zeros(int(n)) * pq.ms for n in counts.sum(axis=0)])),
            "power_hz2_per_hz": [number(v) for v in p],
            "step_hz": number(f[1]),
        }
    out["ks"] = []
    samples = [rng.normal(0, 1, 40), rng.normal(0.4, 1.2, 55), rng.integers(0, 9, 200) / 4, rng.integers(1, 10, 150) / 4,
               rng.gamma(2, 1, 30), rng.gamma(2.2, 1, 7)]
    for a, b in zip(samples[::2], samples[1::2]):
        a, b = np.round(a, 6), np.round(b, 6)
        k = scipy.stats.ks_2samp(a, b, method="exact")
        out["ks"].append(dict(a=list(map(float, a)), b=list(map(float, b)), statistic=float(k.statistic), p_value=float(k.pvalue)))
    with open(os.path.join(directory, "expected.json"), "w", encoding="utf-8") as f:
        json.dump(out, f, indent=None, separators=(",", ":"))
        f.write("\n")


class Judge:
    def __init__(self):
        self.compared, self.wrong = 0, 0

    def same(self, what, ours, theirs, scale=0.0):
        self.compared += 1
        if ours is None or theirs is None:
            fits = ours is None and theirs is None
        else:
            fits = abs(ours - theirs) <= 1e-9 * max(abs(theirs), scale)
        if not fits:
            self.wrong += 1
            if self.wrong < 20:
                print(f"{what}: {ours} here, {theirs} there")


def stats(program, args):
    return json.loads(subprocess.run([program, "stats", *args, "--json"], check=True, capture_output=True).stdout)


def check(a):
    import h5py

    with h5py.File(a.recording) as f:
        tick = float(f.attrs["resolution"])
        stop = a.to or float(f.attrs["reached"])
        groups = {p: (g["timestamps"][:], g["node_ids"][:]) for p, g in f["spikes"].items() if isinstance(g, h5py.Group)}
    start = a.start
    judge = Judge()
    for name, (times, ids) in groups.items():
        keep = (times > start + tick / 2) & (times <= stop + tick / 2)
        times, ids = times[keep] - tick / 2, ids[keep].astype(int)
        span = ["--from", f"{start} ms", "--to", f"{stop} ms"]
        size = stats(a.program, [a.recording, *span, "--of", name])["populations"][0]["neurons"]
        n = min(size, a.neurons)
        span += ["--of", f"{name}[0..{n}]"]
        ours = stats(a.program, [a.recording, *span, "--bin", f"{a.bin} ms", "--per-neuron", "--spectrum",
                                 "--segment", f"{a.bin * 64} ms"])["populations"][0]
        trains = [np.sort(times[ids == k]) for k in range(n)]
        for k, t in enumerate(trains):
            mine = ours["per_neuron"][k]
            judge.same(f"{name}[{k}] spikes", mine["spikes"], len(t))
            # A regular train: CV 0 here and rounding there.
            for key, v in irregularity(t).items():
                judge.same(f"{name}[{k}] {key}", mine[key], v, 1e-3)
            judge.same(f"{name}[{k}] fano", mine["fano"], fano(t, start, stop, a.bin), 1e-3)
        c, varies = correlations(trains, start, stop, a.bin)
        for k in range(n):
            others = c[k, varies & (np.arange(n) != k)]
            expected = others.mean() if varies[k] and len(others) else None
            judge.same(f"{name}[{k}] correlation", ours["per_neuron"][k]["correlation"], expected, 1e-3)
        off = c[np.ix_(varies, varies)][np.triu_indices(varies.sum(), 1)]
        judge.same(f"{name} correlation", ours["correlation"], off.mean() if len(off) else None, 1e-3)
        if n <= 200 and len(off):
            d = ours["correlation_distribution"]
            for key, q in (("min", 0), ("q25", 25), ("median", 50), ("q75", 75), ("max", 100)):
                judge.same(f"{name} correlation {key}", d[key], np.percentile(off, q), 1e-3)
        if sum(map(len, trains)):
            _, p = spectrum(trains, start, stop, a.bin, 64)
            for k, (x, y) in enumerate(zip(ours["spectrum"]["power_hz2_per_hz"], p)):
                judge.same(f"{name} spectrum {k}", x, y, p.max() * 1e-3)
    print(f"{judge.compared} figures compared, {judge.wrong} differ")
    sys.exit(1 if judge.wrong or not judge.compared else 0)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="command", required=True)
    m = sub.add_parser("make")
    m.add_argument("directory")
    c = sub.add_parser("check")
    c.add_argument("recording")
    c.add_argument("--program", default="spikewheel")
    c.add_argument("--from", dest="start", type=float, default=0.0)
    c.add_argument("--to", type=float)
    c.add_argument("--bin", type=float, default=2.0)
    c.add_argument("--neurons", type=int, default=200)
    a = ap.parse_args()
    if a.command == "make":
        make(a.directory)
    else:
        check(a)


if __name__ == "__main__":
    main()
