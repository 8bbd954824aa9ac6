#!/usr/bin/env python3
"""Writes the sample wiring under tests/data/wiring: one network in every format that is read.

Needs numpy, scipy and h5py. `write_wiring.py DIR` writes there instead of tests/data/wiring;
`write_wiring.py DIR N` writes a SONATA file with N random edges among 100,000 nodes only, for a look
at speed and memory.
"""

import pathlib
import sys

import h5py
import numpy as np
import scipy.io
import scipy.sparse

SOURCES, TARGETS, EDGES = 30, 40, 200


def edge_file(path, populations):
    """A SONATA edge file as BMTK and the SONATA specification lay it out."""
    with h5py.File(path, "w") as f:
        f.attrs["magic"] = np.uint32(0x0A7A)
        f.attrs["version"] = np.array([0, 1], dtype=np.uint32)
        for name, e in populations.items():
            g = f.create_group(f"edges/{name}")
            n = len(e["source"])
            for end in ("source", "target"):
                ids = g.create_dataset(
                    f"{end}_node_id", data=e[end].astype(np.uint64), chunks=True, **e.get("pack", {})
                )
                ids.attrs["node_population"] = end
            g["edge_type_id"] = e.get("type", np.full(n, 100)).astype(np.int64)
            g["edge_group_id"] = e.get("group", np.zeros(n)).astype(np.uint32)
            g["edge_group_index"] = e.get("index", np.arange(n)).astype(np.uint64)
            for number, values in enumerate(e["values"]):
                sub = g.create_group(str(number))
                for key, v in values.items():
                    sub.create_dataset(key, data=v, **e.get("pack", {}))


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/wiring")
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20)
    if len(sys.argv) > 2:
        n = int(sys.argv[2])
        edge_file(
            out / "big.h5",
            {
                "big": {
                    "source": rng.integers(0, 100_000, n),
                    "target": rng.integers(0, 100_000, n),
                    "values": [{"syn_weight": rng.integers(-30, 60, n).astype(np.float32)}],
                }
            },
        )
        return

    # Different pairs in the order of source and target, which is also that of scipy's COO from CSR.
    pairs = np.sort(rng.choice(SOURCES * TARGETS, EDGES, replace=False))
    source, target = pairs // TARGETS, pairs % TARGETS
    # Eighths, none of them zero: exact in single precision and in three decimals.
    weight = rng.integers(-80, 160, EDGES) / 4 + 0.125
    delay = rng.integers(5, 50, EDGES) / 10
    with open(out / "edges.csv", "w") as f:
        f.write("source,target,weight,delay_ms\n")
        for row in zip(source, target, weight, delay):
            f.write("{},{},{},{}\n".format(*row))

    pack = {"compression": "gzip", "shuffle": True}
    # Half of the edges in each group, stored backwards; the second group leaves the delay to the type.
    half = EDGES // 2
    group = np.arange(EDGES) % 2
    index = half - 1 - np.arange(EDGES) // 2
    odd = group == 1
    kinds = np.unique(delay[odd])
    types = np.where(odd, 200 + np.searchsorted(kinds, delay), 100)
    edge_file(
        out / "edges.h5",
        {
            "plain": {
                "source": source,
                "target": target,
                "values": [{"syn_weight": weight.astype(np.float32), "delay": delay}],
            },
            "packed": {
                "source": source,
                "target": target,
                "values": [{"syn_weight": weight, "delay": delay}],
                "pack": pack,
            },
            "grouped": {
                "source": source,
                "target": target,
                "group": group,
                "index": index,
                "type": types,
                "values": [
                    {"syn_weight": weight[~odd][::-1], "delay": delay[~odd][::-1]},
                    {"syn_weight": weight[odd][::-1]},
                ],
            },
        },
    )
    with open(out / "edge_types.csv", "w") as f:
        f.write("edge_type_id population target_query model_template syn_weight delay\n")
        f.write('100 NULL "ei==\'e\'" static_synapse NULL NULL\n')
        for i, d in enumerate(kinds):
            f.write(f"{200 + i} grouped NULL static_synapse NULL {d}\n")

    # The same without delays, as matrices. Rows are sources; `turned` has rows for targets.
    shape = (SOURCES, TARGETS)
    matrix = scipy.sparse.coo_array((weight, (source, target)), shape=shape)
    scipy.io.mmwrite(out / "edges.mtx", matrix, symmetry="general", comment="written by scipy")
    scipy.io.mmwrite(out / "turned.mtx", matrix.T.tocsc().tocoo(), symmetry="general")
    # A ring of ten neurons with connections both ways, and two more onto themselves.
    ring = scipy.sparse.coo_array(
        (np.ones(12), ([*range(1, 10), 9, 3, 5], [*range(9), 0, 3, 5])), shape=(10, 10)
    )
    lower = ring.toarray()
    both = scipy.sparse.coo_array(lower + np.tril(lower, -1).T)
    scipy.io.mmwrite(out / "ring.mtx", both, field="pattern", symmetry="symmetric")
    np.save(out / "edges.npy", matrix.toarray())
    np.save(out / "turned.npy", np.asfortranarray(matrix.toarray().T.astype(">f4")))
    with open(out / "edges.txt", "w") as f:
        f.write("# source target weight delay\n")
        for row in zip(source, target, weight, delay):
            f.write("{}\t{}\t{}\t{}\n".format(*row))

    # One value for each synapse and for each target, in several types.
    np.save(out / "weights.npy", weight.astype("<f4"))
    np.save(out / "delays.npy", delay)
    v = rng.integers(-70, -55, TARGETS)
    np.save(out / "v_f8.npy", v.astype("<f8"))
    np.save(out / "v_i2.npy", v.astype(">i2"))
    with h5py.File(out / "values.h5", "w") as f:
        f.create_dataset("state/v", data=v.astype(np.int16), **pack)
        f["state/v_big"] = v.astype(">f8")
        f["dense"] = matrix.toarray()
        f["name"] = "a text"
    np.savetxt(out / "v.csv", v, header="v", comments="", fmt="%d")


if __name__ == "__main__":
    main()
