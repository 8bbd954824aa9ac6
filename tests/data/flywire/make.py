#!/usr/bin/env python3
"""Makes the made-up tables here: `python make.py`, then `python tools/flywire_edges.py
tests/data/flywire/completeness.csv tests/data/flywire/connectivity.csv tests/data/flywire`."""

import csv

N = 24
ROOT = 720575940600000000
ids = [ROOT + 7919 * i for i in range(N)]
rows = []
# Every stimulated neuron (0 to 19) excites 20 and 21; 20 excites 22 and 21 inhibits it; 23 is alone.
for i in range(20):
    rows.append((i, 20, 40 + i, 1))
    rows.append((i, 21, 10, 1))
rows += [(20, 22, 300, 1), (21, 22, 120, -1), (20, 20, 3, 1)]

with open("completeness.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(("", "Completed"))
    out.writerows((i, True) for i in ids)
with open("connectivity.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(("Presynaptic_ID", "Postsynaptic_ID", "Presynaptic_Index", "Postsynaptic_Index",
                  "Connectivity", "Excitatory", "Excitatory x Connectivity"))
    out.writerows((ids[s], ids[t], s, t, n, e, n * e) for s, t, n, e in rows)
