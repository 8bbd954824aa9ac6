"""What the scripts for NEST and Brian2 share: the parameters of the networks, options, and the result.

Not a program of its own: see nest_bench.py and brian2_bench.py. The networks are those of
networks/*.toml; comments name what is not the same in all simulators.
"""

import argparse
import json
import sys
import time

# networks/brunel.toml: V in mV above rest, times in ms, rates in Hz.
BRUNEL = dict(neurons=12500, C_E=1000, C_I=250, tau_m=20.0, theta=20.0, V_reset=10.0, t_ref=2.0,
              J=0.1, g=5.0, eta=2.0, delay=1.5)
# 20 kHz for each neuron.
BRUNEL_HZ = 1000.0 * BRUNEL["eta"] * BRUNEL["theta"] / (BRUNEL["J"] * BRUNEL["tau_m"])

# networks/learning/brunel_stdp.toml: the same with additive STDP of the 10 million excitatory synapses onto
# excitatory neurons (mV).
STDP = dict(tau=20.0, step=0.01, alpha=1.05, highest=0.2)

# networks/vogels_abbott_cuba.toml: its 16.2 pA into 200 pF are 1.62 mV into a membrane of C = tau_m.
CUBA = dict(neurons=4000, tau_m=20.0, V_th=-50.0, V_reset=-60.0, E_L=-49.0, tau_ex=5.0, tau_in=10.0, t_ref=5.0,
            w_ex=1.62, w_in=-9.0, p=0.02, delay=0.1)

# networks/sparse.toml
SPARSE = dict(C_E=800, C_I=200, tau_m=20.0, theta=20.0, V_reset=0.0, t_ref=2.0, J=0.1, g=5.0, delay=1.5,
              inputs=1000, C_in=10, J_in=4.0)

# networks/microcircuit.toml (Potjans & Diesmann 2014). Row: target; column: source.
MICROCIRCUIT = dict(
    sizes=[20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948],
    probability=[[0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
                 [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
                 [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0],
                 [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
                 [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
                 [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0],
                 [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
                 [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443]],
    external=[1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100],
    # Rates at full density, from which the mean input that a smaller scale loses is computed.
    rates=[0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829],
    start_mean=[-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43],
    start_std=[5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48],
    background_hz=8.0, psp=0.15, g=4.0, tau_syn=0.5, tau_m=10.0, C_m=250.0, V_th=-50.0, V_reset=-65.0, E_L=-65.0,
    t_ref=2.0, d_e=1.5, d_i=0.75, d_spread=0.5, w_spread=0.1)


def microcircuit(scale):
    """Sizes, synapse numbers [target][source], weights (pA), external inputs, their weight, currents (pA).

    Numbers of neurons and of inputs per neuron are multiplied by the scale, weights divided by its
    square root, and the mean input that is lost comes back as a current (Albada, Helias & Diesmann
    2015, PLoS Comput. Biol. 11:e1004490).
    """
    import numpy as np

    p = MICROCIRCUIT
    full = np.array(p["sizes"])
    probability, external = np.array(p["probability"]), np.array(p["external"])
    synapses = np.log(1 - probability) / np.log1p(-1 / np.outer(full, full))
    ratio, apart = p["tau_syn"] / p["tau_m"], p["tau_m"] - p["tau_syn"]
    peak = ratio ** (p["tau_syn"] / apart) - ratio ** (p["tau_m"] / apart)
    unit = p["psp"] * p["C_m"] * (1 / p["tau_syn"] - 1 / p["tau_m"]) / peak
    weights = np.full((8, 8), unit)
    weights[:, 1::2] *= -p["g"]
    weights[0, 2] *= 2
    mean = (synapses / full[:, None] * weights) @ np.array(p["rates"]) + external * unit * p["background_hz"]
    lost = 1e-3 * p["tau_syn"] * (1 - np.sqrt(scale)) * mean
    return (np.round(full * scale).astype(int), np.round(synapses * scale * scale).astype(int),
            weights / np.sqrt(scale), external * scale, unit / np.sqrt(scale), lost)


def options(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=["brunel", "cuba", "sparse", "microcircuit", "stdp"])
    parser.add_argument("--neurons", type=int, default=20000, help="of sparse")
    parser.add_argument("--input-rate", type=float, default=10.0, help="Hz, of sparse")
    parser.add_argument("--scale", type=float, default=0.1, help="of microcircuit")
    parser.add_argument("--simulated", type=float, default=1000.0, help="ms that are timed")
    parser.add_argument("--warm-up", type=float, default=100.0, help="ms before, neither timed nor counted")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="keep the spikes of all neurons")
    return parser


def resident():
    """Bytes of memory that this process holds, where the system tells."""
    try:
        with open("/proc/self/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


class Timer:
    """Seconds of wall time in `.wall`, of processor time of all threads in `.cpu`."""

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


def tell(a, simulator, *, neurons, synapses, spikes, build_s, wall_s, cpu_s, before, after, compile_s=0.0):
    """Prints the result as one line of JSON. `before`, `after`: resident bytes without the network, and with it."""
    seconds = a.simulated / 1000.0
    print(json.dumps(dict(
        simulator=simulator, python=sys.version.split()[0], network=a.network, threads=a.threads, neurons=int(neurons),
        synapses=int(synapses), spikes=int(spikes), rate_hz=spikes / neurons / seconds, simulated_s=seconds,
        build_s=build_s, compile_s=compile_s, s_per_s=wall_s / seconds, cpu_s_per_s=cpu_s / seconds,
        bytes_per_synapse=None if before is None or after is None else (after - before) / synapses)), flush=True)
