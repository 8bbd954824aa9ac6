#!/usr/bin/env python3
"""A made-up connectome of the size of the fly's brain, for networks/fly_brain.toml.

    python -m pip install numpy h5py
    python tools/synthetic_connectome.py networks/data/flywire

138,639 neurons and 15,091,983 connections, the numbers of FlyWire version 783 in the tables of Shiu
et al. (2024), with log-normal degrees and numbers of synapses and 30 % inhibitory neurons; who is
connected to whom is random. It stands in for the measured tables where only size and cost matter.
The files are those of tools/flywire_edges.py; the labels are the numbers of the neurons.
"""

import argparse
import pathlib

import numpy as np
from flywire_edges import write


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--neurons", type=int, default=138_639)
    parser.add_argument("--connections", type=int, default=15_091_983)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    n, m = arguments.neurons, arguments.connections

    def ends():
        share = np.cumsum(rng.lognormal(0.0, 1.0, n))
        return np.searchsorted(share, rng.random(m) * share[-1], side="right").clip(max=n - 1)

    pre, post = np.sort(ends()), ends()
    sign = np.where(rng.random(n) < 0.3, -1, 1)
    synapses = np.ceil(rng.lognormal(0.75, 0.9, m)).astype(np.int64)
    write(arguments.directory, np.arange(n), pre, post, synapses * sign[pre])


if __name__ == "__main__":
    main()
