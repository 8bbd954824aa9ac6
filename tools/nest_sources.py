"""Figures of NEST's generators, to compare with what `spikewheel` means by the same names.

    python tools/nest_sources.py tests/data/nest_sources/figures.json

Writes, for each generator, its parameters and what was counted. Needs NEST 3 and numpy.
"""

import json
import sys

import nest
import numpy as np

H = 0.1


def reset(seed):
    nest.ResetKernel()
    nest.resolution = H
    nest.rng_seed = seed
    nest.local_num_threads = 1


def parrots(model, params, n, duration, one_each):
    """Spikes (ms, parrot) of generators, with the delay of the connection taken off."""
    count = n if one_each else 1
    generators = nest.Create(model, count, params)
    cells = nest.Create("parrot_neuron", n)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generators, cells, "one_to_one" if one_each else "all_to_all", {"delay": 1.0})
    nest.Connect(cells, recorder)
    nest.Simulate(duration + 1.0)
    events = recorder.get("events")
    return np.array(events["times"]) - 1.0, np.array(events["senders"]) - cells[0].global_id


def sinusoid():
    reset(1)
    p = {"rate": 20.0, "amplitude": 40.0, "frequency": 10.0, "phase": 30.0}
    times, _ = parrots("sinusoidal_poisson_generator", p, 1000, 10_000.0, False)
    # Spikes of the ticks (0, 5] ms, (5, 10] ms, ... of each revolution of 100 ms.
    bins = np.bincount(((np.rint(times / H).astype(int) - 1) // 50) % 20, minlength=20)
    return p | {"elements": 1000, "revolutions": 100, "counts": bins.tolist()}


def gamma():
    reset(2)
    p = {"rate": 20.0, "gamma_shape": 4, "n_proc": 1}
    times, who = parrots("gamma_sup_generator", p, 1000, 5_000.0, False)
    intervals = np.concatenate([np.diff(np.sort(times[who == k])) for k in range(1000)])
    return p | {
        "elements": 1000,
        "intervals": len(intervals),
        "cv": float(intervals.std() / intervals.mean()),
    }


def gamma_sum():
    """NEST's components begin spread evenly over the stages if n_proc is a multiple of gamma_shape."""
    reset(5)
    p = {"rate": 20.0, "gamma_shape": 4, "n_proc": 8}
    times, _ = parrots("gamma_sup_generator", p, 1000, 200.0, False)
    return p | {
        "elements": 1000,
        "per_20_ms": np.bincount(((np.rint(times / H).astype(int) - 1) // 200), minlength=10)[:10].tolist(),
    }


def packet():
    reset(3)
    p = {"pulse_times": [100.0], "activity": 50, "sdev": 5.0}
    times, _ = parrots("pulsepacket_generator", p, 400, 200.0, True)
    return p | {
        "elements": 400,
        "spikes": len(times),
        "mean_ms": float(times.mean()),
        "deviation_ms": float(times.std()),
    }


def noise():
    reset(4)
    p = {"mean": 100.0, "std": 200.0, "dt": 1.0}
    generator = nest.Create("noise_generator", 1, p)
    membrane = {"tau_m": 10.0, "C_m": 250.0, "E_L": 0.0, "V_m": 0.0, "V_th": 1e6, "V_reset": 0.0}
    cells = nest.Create("iaf_psc_delta", 500, membrane)
    meter = nest.Create("multimeter", 1, {"record_from": ["V_m"], "interval": H, "start": 300.0, "stop": 800.0})
    nest.Connect(generator, cells, "all_to_all", {"delay": 1.0})
    nest.Connect(meter, cells)
    nest.Simulate(810.0)
    events = meter.get("events")
    step = np.rint(np.array(events["times"]) / H).astype(int)
    v = np.array(events["V_m"])
    # The ends of intervals are the phase at which the variance is largest.
    by_phase = [float(v[step % 10 == k].var()) for k in range(10)]
    k = int(np.argmax(by_phase))
    return p | membrane | {
        "neurons": 500,
        "intervals": int(len(set(step[step % 10 == k]))),
        "mean_mV": float(v[step % 10 == k].mean()),
        "variance_mV2": by_phase[k],
    }


if __name__ == "__main__":
    figures = {"nest": nest.__version__, "sinusoid": sinusoid(), "gamma": gamma(), "gamma_sum": gamma_sum(), "packet": packet(), "noise": noise()}
    with open(sys.argv[1], "w") as out:
        json.dump(figures, out, indent=1)
        out.write("\n")
