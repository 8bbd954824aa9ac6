"""Input of networks/learning/masquelier_2008.toml, and what its neuron found.

    python tools/masquelier.py make stimuli/masquelier.h5 --seconds 450 --seed 1
    python tools/masquelier.py evaluate stimuli/masquelier.h5 RUN/spikes.h5

`make` (numpy, h5py) writes the spikes of 2,000 afferents as Masquelier, Guyonneau & Thorpe (2008) describe them:
rates wander between 0 and 90 Hz (their slope takes random steps within 1,800 Hz per second), no
afferent is silent for more than 50 ms, and spikes at 10 Hz are added as noise. What the first 1,000 afferents
did in the first 50 ms is the pattern: it is pasted, with a jitter of 1 ms, into a quarter of the slots of 50 ms, never
into two in a row. The times at which it begins are kept in /pattern/onsets.

`evaluate` prints, for the last third of the run: the share of patterns with a spike during them (hits), the number of
spikes outside patterns (false alarms), and the latency of the first spike (mean). `selective` is the
first time from which on for 5 s at least 90 % of the patterns are hit without a false alarm. It ends with code 1
unless the neuron is selective by 30 s, raises no false alarm in the last third, and has a mean latency under 10 ms.
"""

import argparse
import sys

import h5py
import numpy as np

AFFERENTS = 2000
OF_PATTERN = 1000
SLOT = 50  # ms
AFTER = 5.0  # ms after its end in which a spike is still an answer to a pattern


def walk(rng, milliseconds):
    """(ms, afferent) of the spikes without noise and pattern."""
    slope = rng.uniform(-1800, 1800, AFFERENTS)
    rate = rng.uniform(0, 90, AFFERENTS)
    last = -rng.uniform(0, SLOT, AFFERENTS)
    for t in range(milliseconds):
        slope += rng.uniform(-360, 360, AFFERENTS)
        np.clip(slope, -1800, 1800, out=slope)
        rate += slope * 1e-3
        np.clip(rate, 0, 90, out=rate)
        fires = (rng.random(AFFERENTS) < rate * 1e-3) | (t - last >= SLOT)
        last[fires] = t
        who = np.flatnonzero(fires)
        yield who, t + rng.random(len(who))


def make(path, seconds, seed):
    rng = np.random.default_rng(seed)
    slots = seconds * 1000 // SLOT
    pasted = np.zeros(slots, bool)
    for k in range(1, slots):
        pasted[k] = not pasted[k - 1] and rng.random() < 1 / 3
    ids, times = [], []
    slot_ids, slot_times = [], []
    pattern = None
    for t, (who, when) in enumerate(walk(rng, slots * SLOT)):
        slot_ids.append(who)
        slot_times.append(when)
        if t % SLOT < SLOT - 1:
            continue
        who, when = np.concatenate(slot_ids), np.concatenate(slot_times)
        slot_ids, slot_times = [], []
        slot = t // SLOT
        if slot == 0:
            of = who < OF_PATTERN
            pattern = who[of], when[of]
        if pasted[slot]:
            rest = who >= OF_PATTERN
            jittered = pattern[1] + slot * SLOT + rng.normal(0, 1, len(pattern[1]))
            who = np.concatenate([who[rest], pattern[0]])
            when = np.concatenate([when[rest], jittered])
        noise = rng.poisson(10e-3 * SLOT * AFFERENTS)
        ids += [who, rng.integers(0, AFFERENTS, noise)]
        times += [when, slot * SLOT + SLOT * rng.random(noise)]
    ids, times = np.concatenate(ids), np.concatenate(times)
    ticks = np.clip(np.round(times * 10), 1, slots * SLOT * 10).astype(np.int64)
    order = np.lexsort((ids, ticks))
    with h5py.File(path, "w") as f:
        group = f.create_group("spikes/afferents")
        group["timestamps"] = ticks[order] / 10.0
        group["timestamps"].attrs["units"] = "ms"
        group["node_ids"] = ids[order].astype(np.uint64)
        f["pattern/onsets"] = np.flatnonzero(pasted) * float(SLOT)
    print(f"{len(ids)} spikes, {len(ids) / AFFERENTS / seconds:.1f} Hz, {pasted.sum()} patterns")


def judge(onsets, spikes, start, end):
    """(share of patterns hit, false alarms, mean latency) between two times."""
    shown = onsets[(onsets >= start) & (onsets + SLOT + AFTER <= end)]
    spikes = spikes[(spikes >= start) & (spikes < end)]
    first = np.searchsorted(spikes, shown)
    latency = np.append(spikes, np.inf)[first] - shown
    hit = latency < SLOT + AFTER
    before = np.searchsorted(onsets, spikes, side="right") - 1
    outside = (before < 0) | (spikes - onsets[np.maximum(before, 0)] >= SLOT + AFTER)
    mean = latency[hit].mean() if hit.any() else np.inf
    return hit.mean() if len(shown) else 0.0, int(outside.sum()), mean


def evaluate(path, recording):
    with h5py.File(path) as f:
        onsets = f["pattern/onsets"][:]
    with h5py.File(recording) as f:
        group = f["spikes/neuron"]
        spikes = np.sort(group["timestamps"][:])
        end = f.attrs["duration_ms"] if "duration_ms" in f.attrs else onsets[-1] + SLOT
    end = float(end)
    selective = np.inf
    for start in np.arange(0, end - 5000, 100):
        hits, false, _ = judge(onsets, spikes, start, start + 5000)
        if hits >= 0.9 and false == 0:
            selective = start
            break
    hits, false, latency = judge(onsets, spikes, end * 2 / 3, end)
    by_then = int((spikes < selective).sum())
    print(
        f"selective after {selective / 1000:.1f} s (spike {by_then}); in the last third: "
        f"hits {hits:.3f}, false alarms {false}, latency {latency:.1f} ms"
    )
    return selective <= 30_000 and false == 0 and latency < 10


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True, dest="command")
of_make = commands.add_parser("make")
of_make.add_argument("file")
of_make.add_argument("--seconds", type=int, default=450)
of_make.add_argument("--seed", type=int, default=1)
of_evaluate = commands.add_parser("evaluate")
of_evaluate.add_argument("file")
of_evaluate.add_argument("recording")
given = parser.parse_args()
if given.command == "make":
    make(given.file, given.seconds, given.seed)
elif not evaluate(given.file, given.recording):
    sys.exit(1)
