"""Statistics of the two Vogels-Abbott networks (networks/vogels_abbott_*.toml) in NEST.

    python tools/nest_vogels_abbott.py [cuba|coba] [seeds]

Prints, for each seed, rate and CV of the interspike intervals (mean over neurons with at least three
spikes) of 0.2 to 1 s, and the tick of the last spike of 1 s.
"""

import sys

import nest
import numpy as np

DT, STOP, FROM = 0.1, 1000.0, 200.0
COMMON = {"V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "C_m": 200.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}
NETWORKS = {
    "cuba": ("iaf_psc_exp", dict(COMMON, tau_m=20.0, E_L=-49.0), 16.2, -90.0),
    "coba": ("iaf_cond_exp", dict(COMMON, g_L=10.0, E_L=-60.0, E_ex=0.0, E_in=-80.0), 6.0, -67.0),
}


def run(kind, seed):
    model, params, w_ex, w_in = NETWORKS[kind]
    nest.ResetKernel()
    nest.set(resolution=DT, rng_seed=seed, local_num_threads=1)
    cells = nest.Create(model, 4000, params=params)
    cells.V_m = nest.random.uniform(-60.0, -50.0)
    for first, last, weight in ((0, 3200, w_ex), (3200, 4000, w_in)):
        nest.Connect(cells[first:last], cells, {"rule": "pairwise_bernoulli", "p": 0.02},
                     {"weight": weight, "delay": DT})
    if kind == "coba":
        kick = nest.Create("poisson_generator", params={"rate": 300.0, "start": 0.0, "stop": 50.0})
        nest.Connect(kick, cells[:3200], syn_spec={"weight": 6.0, "delay": DT})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(STOP)
    t, s = recorder.events["times"], recorder.events["senders"]
    late = t > FROM
    rate = late.sum() / 4000 / (STOP - FROM) * 1000
    order = np.lexsort((t[late], s[late]))
    tt, ss = t[late][order], s[late][order]
    cvs = []
    for part in np.split(tt, np.flatnonzero(np.diff(ss)) + 1):
        if len(part) >= 3:
            isi = np.diff(part)
            cvs.append(isi.std() / isi.mean())
    return rate, float(np.mean(cvs)) if cvs else float("nan"), float(t.max())


def main():
    nest.set_verbosity("M_ERROR")
    kinds = [sys.argv[1]] if len(sys.argv) > 1 else list(NETWORKS)
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for kind in kinds:
        results = []
        for seed in range(1, seeds + 1):
            rate, cv, last = run(kind, seed)
            results.append((rate, cv))
            print(f"{kind} seed {seed}: {rate:.2f} Hz, CV {cv:.3f}, last spike at {last:.1f} ms", flush=True)
        mean, spread = np.mean(results, axis=0), np.std(results, axis=0)
        print(f"{kind}: {mean[0]:.2f} +- {spread[0]:.2f} Hz, CV {mean[1]:.3f} +- {spread[1]:.3f}")


if __name__ == "__main__":
    main()
