#!/usr/bin/env python3
"""Connections by distance as NEST draws them, by rings of distance: tests/data/nest_space/rings.csv.

usage: nest_space.py [--seeds N] [--out rings.csv]

A population on a periodic grid of 24 x 24 in 1 x 1 mm is connected to itself by `pairwise_bernoulli` with
p = 0.05 + 0.6 gaussian(std = 0.12 mm) inside a circular mask of 0.4 mm, autapses allowed; delays are
0.5 ms + 2 ms/mm distance, rounded to 0.1 ms. Columns: where the ring of 50 um begins, the mean number
of connections in it over the seeds, its variance between seeds, the mean delay in ms.
"""
import argparse
import os

os.environ.setdefault("PYNEST_QUIET", "1")
import nest  # noqa: E402
import numpy as np  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=40)
parser.add_argument("--out", default="rings.csv")
args = parser.parse_args()

# A hair beyond the edges, so that distances on an edge fall into the ring that begins there.
edges = np.arange(0, 451, 50) - 1e-6
counts, delays = [], []
for seed in range(1, args.seeds + 1):
    nest.ResetKernel()
    nest.rng_seed = seed
    cells = nest.Create(
        "iaf_psc_exp", positions=nest.spatial.grid([24, 24], extent=[1.0, 1.0], edge_wrap=True)
    )
    p = 0.05 + 0.6 * nest.spatial_distributions.gaussian(nest.spatial.distance, std=0.12)
    nest.Connect(
        cells,
        cells,
        {
            "rule": "pairwise_bernoulli",
            "p": p,
            "mask": {"circular": {"radius": 0.4}},
            "allow_autapses": True,
        },
        {"weight": 1.0, "delay": 0.5 + 2.0 * nest.spatial.distance},
    )
    made = nest.GetConnections()
    at = np.array(nest.GetPosition(cells))
    first = cells[0].get("global_id")
    gap = np.abs(at[np.array(made.source) - first] - at[np.array(made.target) - first])
    ring = np.digitize(1000 * np.hypot(*np.minimum(gap, 1 - gap).T), edges) - 1
    n = len(edges) - 1
    counts.append(np.bincount(ring, minlength=n)[:n])
    delays.append(np.bincount(ring, weights=np.array(made.delay), minlength=n)[:n])

mean, variance = np.mean(counts, 0), np.var(counts, 0, ddof=1)
delay = np.sum(delays, 0) / np.maximum(np.sum(counts, 0), 1)
with open(args.out, "w") as f:
    f.write("from_um,count,variance,delay_ms\n")
    for row in zip(edges + 1e-6, mean, variance, delay):
        f.write("{:.0f},{:.4f},{:.4f},{:.6f}\n".format(*row))
print(nest.__version__)
