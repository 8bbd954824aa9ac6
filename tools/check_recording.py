#!/usr/bin/env python3
"""Opens a recording with the readers of others and compares it with its CSV twin.

Usage: check_recording.py RECORDING.h5 [SPIKES.csv]

Needs h5py, libsonata and numpy. Exits with 1 at the first difference.
"""

import sys
from collections import defaultdict

import h5py
import libsonata
import numpy as np


def check(condition, message):
    if not condition:
        sys.exit(f"check_recording: {message}")


def read_csv(path):
    spikes = defaultdict(lambda: ([], []))
    with open(path, encoding="utf-8") as lines:
        check(next(lines).split() == ["timestamps", "population", "node_ids"], "CSV header")
        last = -1.0
        for line in lines:
            time, population, node = line.split(" ")
            check(float(time) >= last, "CSV is not in the order of time")
            last = float(time)
            spikes[population][0].append(last)
            spikes[population][1].append(int(node))
    return {name: (np.array(t), np.array(i, "u8")) for name, (t, i) in spikes.items()}


def check_spikes(path, twin):
    with h5py.File(path, "r") as f:
        check(f.attrs["magic"] == 2682 and f.attrs["magic"].dtype == np.uint32, "magic")
        check(list(f.attrs["version"]) == [0, 1], "version")
        for name in ("name", "definition", "program_version", "arithmetic"):
            check(isinstance(f.attrs[name], str), f"attribute {name} is text")
        check(int(f.attrs["completed"]) == 1, "the recording is not completed")
        check(len(f.attrs["spike_hash"]) == 16, "spike hash")
        sizes = dict(zip(f.attrs["population_names"], f.attrs["population_sizes"]))
        populations = list(f["spikes"])
        own = {}
        for name in populations:
            g = f["spikes"][name]
            members = h5py.check_enum_dtype(g.attrs.get_id("sorting").dtype)
            check(members == {"none": 0, "by_id": 1, "by_time": 2}, f"{name}: sorting")
            check(int(g.attrs["sorting"]) == 2, f"{name}: sorted by time")
            check(g["timestamps"].attrs["units"] == "ms", f"{name}: units")
            for column in ("timestamps", "node_ids", "ticks"):
                check(max(g[column].chunks) <= 32768, f"{name}: chunks of {column}")
            times, ids, ticks = g["timestamps"][:], g["node_ids"][:], g["ticks"][:]
            check(times.dtype == "f8" and ids.dtype == "u4" and ticks.dtype == "u8", "types")
            check(len(times) == len(ids) == len(ticks), f"{name}: lengths")
            check(np.array_equal(np.lexsort((ids, ticks)), np.arange(len(ids))), f"{name}: order")
            exact = ticks * float(f.attrs["resolution_ps"]) / 1e9
            check(np.allclose(times, exact, rtol=1e-15, atol=0), f"{name}: ticks and times")
            check(len(ids) == 0 or ids.max() < sizes[name], f"{name}: ids")
            own[name] = (times, ids)
    reader = libsonata.SpikeReader(path)
    check(sorted(reader.get_population_names()) == sorted(populations), "libsonata: populations")
    for name, (times, ids) in own.items():
        population = reader[name]
        check(population.sorting == "by_time", f"libsonata: sorting of {name}")
        spikes = population.get_dict()
        check(np.array_equal(spikes["timestamps"], times), f"libsonata: times of {name}")
        check(np.array_equal(spikes["node_ids"], ids), f"libsonata: ids of {name}")
    if twin is not None:
        for name, (times, ids) in own.items():
            t, i = twin.pop(name, (np.array([]), np.array([], "u8")))
            check(np.array_equal(t, times) and np.array_equal(i, ids), f"CSV twin of {name}")
        check(not twin, f"CSV has populations of its own: {sorted(twin)}")
    return sum(len(t) for t, _ in own.values())


def check_reports(path):
    with h5py.File(path, "r") as f:
        groups = list(f["report"]) if "report" in f else []
        values = {}
        for name in groups:
            if "data" not in f["report"][name]:
                continue
            g = f["report"][name]
            frames, width = g["data"].shape
            values[name] = g["values"][: frames * width].reshape(frames, width)
            check(g["data"].dtype == "f4" and g["values"].dtype == "f8", f"{name}: types")
    if not values:
        return 0
    reader = libsonata.ElementReportReader(path)
    for name, exact in values.items():
        report = reader[name]
        check(report.sorted and report.time_units == "ms", f"libsonata: {name}")
        got = report.get()
        check(got.data.shape == exact.shape, f"libsonata: frames of {name}")
        check(np.array_equal(got.data, exact.astype("f4")), f"libsonata: values of {name}")
    return len(values)


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    twin = read_csv(arguments[1]) if len(arguments) == 2 else None
    spikes = check_spikes(arguments[0], twin)
    print(f"{arguments[0]}: {spikes} spikes, {check_reports(arguments[0])} reports agree")


if __name__ == "__main__":
    main(sys.argv[1:])
