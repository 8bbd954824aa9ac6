"""Spike trains of the frequency protocol of triplet STDP, for networks/learning/triplet_frequency.toml.

    python tools/triplet_pairs.py stimuli/triplet

writes stimuli/triplet_pre.csv and stimuli/triplet_post.csv: element k has 60 pairs at the frequency FREQUENCIES[k // 2],
the post spike 10 ms after the pre spike (k even) or before it (k odd). Post spikes come 0.1 ms
earlier than that, which is the dendritic delay of the synapses.
"""

import sys

FREQUENCIES = [0.1, 10, 20, 40, 50]
PAIRS = 60
START = 100.0

rows = {"pre": [], "post": []}
for f, frequency in enumerate(FREQUENCIES):
    for sign in (0, 1):
        lag = -10.0 if sign else 10.0
        for pair in range(PAIRS):
            pre = START + pair * 1000.0 / frequency
            rows["pre"].append((pre, 2 * f + sign))
            rows["post"].append((pre + lag - 0.1, 2 * f + sign))
for side, spikes in rows.items():
    with open(f"{sys.argv[1]}_{side}.csv", "w") as out:
        out.write("time_ms,neuron\n")
        for time, neuron in sorted(spikes):
            out.write(f"{time:.1f},{neuron}\n")
