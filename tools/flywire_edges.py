#!/usr/bin/env python3
"""The connectome of the fly's brain, as Shiu et al. (2024) use it, for networks/fly_brain.toml.

    python -m pip install numpy h5py pyarrow
    python tools/flywire_edges.py Completeness_783.csv Connectivity_783.parquet networks/data/flywire

The two tables are those of P. K. Shiu, G. R. Sterne, N. Spiller et al. (2024), A Drosophila
computational brain model reveals sensorimotor processing, Nature 634:210-219. The authors publish
them with their code (github.com/philshiu/Drosophila_brain_model) for versions 630 and 783 of FlyWire
(S. Dorkenwald et al. (2024), Nature 634:124-138; P. Schlegel et al. (2024), Nature 634:139-152):

* completeness, CSV: one row per neuron, whose first column is its root id. The order of the rows is
  the numbering of the neurons.
* connectivity, Parquet or CSV: one row per connected pair of neurons, with the columns
    Presynaptic_ID, Postsynaptic_ID         root ids
    Presynaptic_Index, Postsynaptic_Index   numbers of the neurons
    Connectivity                            number of synapses
    Excitatory                              1 or -1, by the predicted transmitter of the source
    Excitatory x Connectivity               product of the two

Of the connectivity, the two indices and the product are used, as in the authors' code; the root ids,
where they are there, must agree with the indices.

Writes neurons.csv (label: root ids) and edges.h5 (SONATA edges: source_node_id, target_node_id,
syn_weight = Excitatory x Connectivity). CSV needs numpy and h5py only, Parquet also pyarrow.
"""

import argparse
import csv
import pathlib
import sys

import h5py
import numpy as np

PRE, POST, WEIGHT = "Presynaptic_Index", "Postsynaptic_Index", "Excitatory x Connectivity"
IDS = {"Presynaptic_ID": PRE, "Postsynaptic_ID": POST}


def read_neurons(path):
    """Root ids in the order of the rows."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        next(rows, None)
        ids = np.array([int(row[0]) for row in rows if row], dtype=np.int64)
    if len(ids) == 0:
        sys.exit(f"{path} has no neurons")
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        sys.exit(f"{path}: root id {unique[counts > 1][0]} is given twice")
    return ids


def read_connectivity(path):
    """Columns by name, as arrays of whole numbers."""
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet

        names = set(pyarrow.parquet.read_schema(path).names)
        wanted = check(path, names)
        table = pyarrow.parquet.read_table(path, columns=wanted)
        return {name: table[name].to_numpy().astype(np.int64) for name in wanted}
    with open(path, newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    wanted = check(path, set(header))
    columns = [header.index(name) for name in wanted]
    # As text first: a root id has more digits than a floating-point number keeps.
    data = np.loadtxt(path, delimiter=",", skiprows=1, usecols=columns, dtype=np.int64, ndmin=2, encoding="utf-8-sig")
    return dict(zip(wanted, data.T))


def check(path, names):
    missing = [name for name in (PRE, POST, WEIGHT) if name not in names]
    if missing:
        sys.exit(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(sorted(names))}")
    return [PRE, POST, WEIGHT] + [name for name in IDS if name in names]


def write(directory, ids, pre, post, weight):
    """neurons.csv and edges.h5."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "neurons.csv", "w", encoding="utf-8") as file:
        file.write("label\n")
        file.writelines(f"{i}\n" for i in ids)
    with h5py.File(directory / "edges.h5", "w") as file:
        file.attrs["magic"] = np.uint32(0x0A7A)
        file.attrs["version"] = np.array([0, 1], dtype=np.uint32)
        edges = file.create_group("edges/brain_to_brain")
        for end, ids_of_end in (("source", pre), ("target", post)):
            column = edges.create_dataset(f"{end}_node_id", data=ids_of_end.astype(np.uint64))
            column.attrs["node_population"] = "brain"
        edges.create_dataset("edge_type_id", data=np.zeros(len(pre), dtype=np.uint32))
        edges.create_dataset("edge_group_id", data=np.zeros(len(pre), dtype=np.uint32))
        edges.create_dataset("edge_group_index", data=np.arange(len(pre), dtype=np.uint64))
        edges.create_dataset("0/syn_weight", data=weight.astype(np.float32))
    print(f"{len(ids)} neurons, {len(pre)} connections, {int(np.abs(weight).sum())} synapses")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("completeness", type=pathlib.Path)
    parser.add_argument("connectivity", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    arguments = parser.parse_args()
    ids = read_neurons(arguments.completeness)
    columns = read_connectivity(arguments.connectivity)
    for index in (PRE, POST):
        if len(columns[index]) and not (0 <= columns[index].min() and columns[index].max() < len(ids)):
            sys.exit(f"{arguments.connectivity}: {index} goes beyond the {len(ids)} neurons of {arguments.completeness}")
    for name, index in IDS.items():
        if name in columns:
            wrong = np.flatnonzero(ids[columns[index]] != columns[name])
            if len(wrong):
                sys.exit(
                    f"{arguments.connectivity}: {len(wrong)} of {name} disagree with {index}, "
                    f"first in row {wrong[0] + 1}: are both files of one version?"
                )
    write(arguments.directory, ids, columns[PRE], columns[POST], columns[WEIGHT])


if __name__ == "__main__":
    main()
