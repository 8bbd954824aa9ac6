"""How far are runs of the microcircuit from those of NEST, and NEST's seeds from each other?

    python tools/microcircuit_distances.py --nest nest-*.npz --ours runs/mc-*/spikes.h5

Per population, the distributions over neurons of the rate, of the CV of inter-spike intervals
(neurons with at least three spikes) and of the correlation of spike counts in bins of 2 ms (all pairs
of the first 200 neurons that spike) are compared by the Kolmogorov-Smirnov distance: among NEST's
seeds, and between every one of our runs and every one of NEST's. Recordings are cut at 0.5 s; `--keep
FILE` writes the distributions of NEST's runs, as quantiles, for tests/data.

Needs: pip install numpy scipy h5py
"""

import argparse
import itertools
import json

import h5py
import numpy as np
from scipy.stats import ks_2samp

NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SETTLING_MS = 500.0
BIN_MS = 2.0
PAIRED = 200
MEASURES = ["rate", "cv", "correlation"]


def distributions(times, ids, n, seconds):
    """Samples of the three measures."""
    counts = np.bincount(ids, minlength=n)
    cvs = []
    order = np.argsort(ids, kind="stable")
    for train in np.split(times[order], np.cumsum(counts)[:-1]):
        if len(train) >= 3:
            intervals = np.diff(train)
            cvs.append(intervals.std() / intervals.mean())
    chosen = np.flatnonzero(counts > 0)[:PAIRED]
    place = np.full(n, -1)
    place[chosen] = np.arange(len(chosen))
    bins = int(round(1000 * seconds / BIN_MS))
    table = np.zeros((len(chosen), bins))
    mine = place[ids] >= 0
    at = np.minimum(np.ceil(times[mine] / BIN_MS - 1e-9).astype(int) - 1, bins - 1)
    np.add.at(table, (place[ids[mine]], at), 1)
    correlations = np.corrcoef(table)[np.triu_indices(len(chosen), 1)]
    return {"rate": counts / seconds, "cv": np.array(cvs), "correlation": correlations}


def read_nest(path):
    data = np.load(path)
    return [
        distributions(data[f"{p}_times"], data[f"{p}_ids"].astype(int), int(n), float(data["seconds"]))
        for p, n in zip(NAMES, data["sizes"])
    ]


def read_ours(path, sizes, seconds):
    with h5py.File(path) as f:
        result = []
        for p, n in zip(NAMES, sizes):
            times, ids = f[f"spikes/{p}/timestamps"][:], f[f"spikes/{p}/node_ids"][:].astype(int)
            keep = (times > SETTLING_MS) & (times <= SETTLING_MS + 1000 * seconds)
            result.append(distributions(times[keep] - SETTLING_MS, ids[keep], int(n), seconds))
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nest", nargs="+", required=True)
    parser.add_argument("--ours", nargs="*", default=[])
    parser.add_argument("--keep")
    a = parser.parse_args()
    first = np.load(a.nest[0])
    nest = [read_nest(p) for p in a.nest]
    ours = [read_ours(p, first["sizes"], float(first["seconds"])) for p in a.ours]
    print(f"{'':12}{'NEST-NEST mean':>16}{'max':>8}{'ours-NEST mean':>16}{'max':>8}{'means: NEST':>14}{'ours':>10}")
    for m in MEASURES:
        for k, p in enumerate(NAMES):
            within = [ks_2samp(x[k][m], y[k][m]).statistic for x, y in itertools.combinations(nest, 2)]
            between = [ks_2samp(x[k][m], y[k][m]).statistic for x in ours for y in nest]
            row = f"{m + ' ' + p:16}{np.mean(within):12.4f}{max(within):8.4f}"
            if between:
                row += f"{np.mean(between):16.4f}{max(between):8.4f}"
                row += f"{np.mean([x[k][m].mean() for x in nest]):14.4f}{np.mean([x[k][m].mean() for x in ours]):10.4f}"
            print(row)
    if a.keep:
        quantiles = np.linspace(0, 1, 201)
        kept = {
            "origin": "NEST 3.10.0, tools/nest_microcircuit.py, kept by tools/microcircuit_distances.py",
            "scale": float(first["scale"]),
            "seconds": float(first["seconds"]),
            "quantiles": len(quantiles),
            "runs": [
                {
                    p: {m: [float(f"{v:.4g}") for v in np.quantile(run[k][m], quantiles, method="inverted_cdf")] for m in MEASURES}
                    for k, p in enumerate(NAMES)
                }
                for run in nest
            ],
        }
        with open(a.keep, "w", encoding="utf-8") as f:
            json.dump(kept, f, separators=(",", ":"))


if __name__ == "__main__":
    main()
