#!/usr/bin/env python3
"""The nervous system of C. elegans as lists of neurons and connections.

    python -m pip install cect openpyxl
    python tools/celegans_edges.py networks/data/celegans

Reads two published spreadsheets that the package `cect` (OpenWorm's Connectome Toolbox) ships:

* "SI 5 Connectome adjacency matrices, corrected July 2020.xlsx", sheets `hermaphrodite chemical` and
  `hermaphrodite gap jn symmetric`: S. J. Cook et al. (2019), Nature 571:63-71. Rows are the
  presynaptic, columns the postsynaptic cells; a number counts the serial sections of electron
  micrographs on which the contact is seen, so it grows with the number and the size of synapses.
* "elife-95402-supp2-v1.xlsx": C. Wang et al. (2024), eLife 13:RP95402, neurotransmitters.

Writes into the directory, for the 300 neurons that make or receive synapses (all but CANL and CANR):

* neurons.csv         label, class (pharynx, sensory, inter, motor), transmitter, sign
* excitatory.csv      source, target, weight: chemical synapses of neurons with sign +1, in sections
* inhibitory.csv      the same for neurons with sign -1
* gap_junctions.csv   source, target, weight in sections; every junction in both directions

The sign is +1 or -1: -1 for neurons whose first transmitter is GABA, and for the touch receptor
neurons, whose chemical synapses inhibit (M. Chalfie et al. (1985), J. Neurosci. 5:956-964); +1 for
all others. That is a simplification: glutamate also inhibits at some synapses, and amines and
neurons of unknown transmitter are counted as exciting.
"""

import argparse
import csv
import importlib.util
import pathlib
import re

from openpyxl import load_workbook

CONNECTOME = "SI 5 Connectome adjacency matrices, corrected July 2020.xlsx"
TRANSMITTERS = "elife-95402-supp2-v1.xlsx"
TOUCH = {"ALML", "ALMR", "AVM", "PVM", "PLML", "PLMR"}

# Headings of the first column of the adjacency matrix.
CLASSES = {
    "PHARYNX": "pharynx",
    "SENSORY NEURONS": "sensory",
    "INTERNEURONS": "inter",
    "MOTOR NEURONS": "motor",
    "SEX SPECIFIC": "motor",  # HSN and VC, the motor neurons of the vulva
}


def sheet(path, name):
    """All cells of a sheet, row by row."""
    book = load_workbook(path, read_only=True, data_only=True)
    return list(book[name].iter_rows(values_only=True))


def classes(rows):
    """Label -> class, in the order of the matrix."""
    found, heading = {}, None
    for row in rows[3:]:
        heading = row[0] or heading
        if row[2]:
            found[row[2].strip()] = CLASSES[heading.strip()]
    return found


def sections(rows, neurons):
    """(source, target) -> sections, between neurons."""
    targets = [str(cell).strip() if cell else None for cell in rows[2]]
    found = {}
    for row in rows[3:]:
        source = str(row[2]).strip() if row[2] else None
        if source not in neurons:
            continue
        for target, number in zip(targets[3:], row[3:]):
            if target in neurons and number:
                found[source, target] = int(number)
    return found


def transmitters(path):
    """Label without leading zeros -> list of transmitters, the most certain first."""
    rows = list(load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True))
    head = next(i for i, row in enumerate(rows) if "Neuron" in row)
    neuron = rows[head].index("Neuron")
    first = rows[head].index("Neurotransmitter(s)")
    found = {}
    for row in rows[head + 1 :]:
        if not row[neuron]:
            continue
        clean = []
        for cell in row[first : first + 2]:
            if cell:
                text = re.sub(r"\s*-\s*NEW|\s*\(new\)|^\*", "", str(cell).strip()).strip()
                clean.append(text.replace(",", ";").lower() if text.lower().startswith("unknown") else text.replace(",", ";"))
        # "DB1/3" and "DB3/1" are one cell each, named by place or by lineage.
        found[str(row[neuron]).strip().split("/")[0]] = clean
    return found


def bare(label):
    """DA01 -> DA1, the spelling of the table of transmitters."""
    return re.sub(r"(?<=[A-Z])0(?=\d$)", "", label)


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--tables", type=pathlib.Path, help="directory of the spreadsheets [default: cect's data]")
    arguments = parser.parse_args()
    tables = arguments.tables
    if tables is None:
        package = importlib.util.find_spec("cect")
        if package is None:
            parser.error("the package cect is not installed; see --help, or give --tables")
        tables = pathlib.Path(package.origin).parent / "data"

    chemical = sheet(tables / CONNECTOME, "hermaphrodite chemical")
    gaps = sheet(tables / CONNECTOME, "hermaphrodite gap jn symmetric")
    neurons = classes(chemical)
    known = transmitters(tables / TRANSMITTERS)
    table, sign = [], {}
    for label, kind in neurons.items():
        own = known[bare(label)]
        sign[label] = -1 if label in TOUCH or own[0] == "GABA" else 1
        table.append((label, kind, "+".join(own), f"{sign[label]:+d}"))
    synapses = [(s, t, n) for (s, t), n in sections(chemical, neurons).items()]
    junctions = [(s, t, n) for (s, t), n in sections(gaps, neurons).items() if s != t]

    arguments.directory.mkdir(parents=True, exist_ok=True)
    write(arguments.directory / "neurons.csv", ("label", "class", "transmitter", "sign"), table)
    header = ("source", "target", "weight")
    for name, wanted in (("excitatory", 1), ("inhibitory", -1)):
        write(arguments.directory / f"{name}.csv", header, [e for e in synapses if sign[e[0]] == wanted])
    write(arguments.directory / "gap_junctions.csv", header, junctions)
    print(f"{len(table)} neurons, {len(synapses)} chemical connections, {len(junctions)} directed gap junctions")


if __name__ == "__main__":
    main()
