"""NEST 3.10 on the cortical microcircuit of Potjans & Diesmann (2014), scaled.

    python tools/nest_microcircuit.py --scale 0.1 --seconds 10 --seed 1 --out nest-1.npz

The parameters are those of networks/microcircuit.toml with `--set scale=0.1`: numbers of neurons and
of synapses per neuron are multiplied by the scale, weights divided by its square root, and the mean
input that is lost is given back as a constant current (Albada, Helias & Diesmann 2015, PLoS Comput.
Biol. 11:e1004490). The first 0.5 s are left out. The file holds, per population, `times` (ms) and
`ids` (from 0) of all spikes, sorted by time.

Needs: pip install nest-simulator==3.10.0 numpy
"""

import argparse

import nest
import numpy as np

NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
# Row: target; column: source (Potjans & Diesmann 2014, table 5).
PROBABILITY = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
BACKGROUND_HZ = 8.0
# Rates at full density, from which the lost mean input is computed.
RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
START_MEAN = [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]
START_STD = [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]
TAU_M, TAU_S, C_M = 10.0, 0.5, 250.0
SETTLING_MS = 500.0


def unit_current():
    """Current (pA) that makes a postsynaptic potential of 0.15 mV."""
    a = TAU_S / TAU_M
    d = TAU_M - TAU_S
    peak = a ** (TAU_S / d) - a ** (TAU_M / d)
    return 0.15 * C_M * (1 / TAU_S - 1 / TAU_M) / peak


def tables(scale):
    """Sizes, synapse numbers, weights, and constant currents at that scale."""
    product = np.outer(SIZES, SIZES)
    full = np.log(1 - PROBABILITY) / np.log1p(-1 / product)
    sizes = np.round(SIZES * scale).astype(int)
    synapses = np.round(full * scale * scale).astype(int)
    weights = np.full((8, 8), unit_current())
    weights[:, 1::2] *= -4
    weights[0, 2] *= 2
    indegree = full / SIZES[:, None]
    mean = (indegree * weights) @ RATES + EXTERNAL * unit_current() * BACKGROUND_HZ
    current = 1e-3 * TAU_S * (1 - np.sqrt(scale)) * mean
    return sizes, synapses, weights / np.sqrt(scale), current


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--currents", action="store_true", help="only print the mean input currents at full density")
    parser.add_argument("--out", default="nest.npz")
    a = parser.parse_args()
    if a.currents:
        print(np.round(tables(0.0)[3], 4).tolist())
        return
    sizes, synapses, weights, current = tables(a.scale)
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.local_num_threads = a.threads
    nest.resolution = 0.1
    nest.rng_seed = a.seed
    populations = []
    for i, n in enumerate(sizes):
        cells = nest.Create(
            "iaf_psc_exp",
            int(n),
            params=dict(
                C_m=C_M, tau_m=TAU_M, t_ref=2.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0,
                tau_syn_ex=TAU_S, tau_syn_in=TAU_S, I_e=float(current[i]),
            ),
        )
        cells.V_m = nest.random.normal(START_MEAN[i], START_STD[i])
        noise = nest.Create("poisson_generator", params={"rate": BACKGROUND_HZ * EXTERNAL[i] * a.scale})
        nest.Connect(noise, cells, syn_spec={"weight": unit_current() / np.sqrt(a.scale), "delay": 1.5})
        populations.append(cells)
    for t in range(8):
        for s in range(8):
            if synapses[t, s] == 0:
                continue
            w = float(weights[t, s])
            delay = 1.5 if w > 0 else 0.75
            limits = dict(min=0.0, max=np.inf) if w > 0 else dict(min=-np.inf, max=0.0)
            nest.Connect(
                populations[s],
                populations[t],
                {"rule": "fixed_total_number", "N": int(synapses[t, s])},
                {
                    "weight": nest.math.redraw(nest.random.normal(w, abs(w) * 0.1), **limits),
                    "delay": nest.math.redraw(nest.random.normal(delay, delay * 0.5), min=0.05, max=np.inf),
                },
            )
    recorders = []
    for cells in populations:
        recorder = nest.Create("spike_recorder", params={"start": SETTLING_MS})
        nest.Connect(cells, recorder)
        recorders.append(recorder)
    nest.Simulate(SETTLING_MS + 1000.0 * a.seconds)
    data = {"sizes": sizes, "seconds": a.seconds, "scale": a.scale, "seed": a.seed}
    for name, cells, recorder in zip(NAMES, populations, recorders):
        events = recorder.events
        order = np.argsort(events["times"], kind="stable")
        data[f"{name}_times"] = events["times"][order] - SETTLING_MS
        data[f"{name}_ids"] = (events["senders"][order] - cells[0].global_id).astype(np.uint32)
        print(f"{name} {len(order) / len(cells) / a.seconds:.3f} Hz", flush=True)
    np.savez_compressed(a.out, **data)


if __name__ == "__main__":
    main()
