#!/usr/bin/env python3
"""Brunel's (2000) network in the four regimes of his Fig. 8, simulated with NEST.

usage: nest_brunel_regimes.py [--regime NAME]... [--threads N] [--seed S] [--seconds T] [--out regimes.json]

The network is that of networks/brunel.toml: 10,000 excitatory and 2,500 inhibitory neurons
(`iaf_psc_delta`), 1,000 excitatory and 250 inhibitory inputs each (`fixed_indegree`, multapses and
autapses allowed), J = 0.1 mV, inhibition -g J, delay 1.5 ms, tau_m = 20 ms, threshold 20 mV, reset
10 mV, t_ref = 2 ms, a private Poisson train of rate eta * theta / (J tau_m) for each neuron, V_m(0)
uniform in [0, 20) mV, resolution 0.1 ms. 0.2 s are left out, 1 s is measured (`--seconds`: in the slow oscillation the rate of a
single second varies by 5 %).

NEST delivers the first Poisson spikes after their delay. So the network first waits that long at rest
(no neuron can spike without input), and only then the potentials are drawn: from this moment, which
counts as time 0, the input acts in every step.

Figures, per population, over the spikes measured:
  rate_hz    spikes per neuron and second
  cv         mean over neurons with at least three spikes of std / mean of intervals (std over n)
  synchrony  variance over mean of the population's spikes in bins of 3 ms (in the regime SR the period of
             the oscillation is 3 ms, so that every bin holds a whole one)
and of all neurons: peak_hz, the frequency of the greatest Welch power (scipy.signal.welch, Hann window,
segments of 256 ms, half overlapping, mean removed) of the counts in bins of 1 ms.
"""
import argparse
import json
import os
import time

os.environ.setdefault("PYNEST_QUIET", "1")
import nest  # noqa: E402
import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402

REGIMES = {
    "SR": dict(g=3.0, eta=2.0, what="synchronous regular (Fig. 8A)"),
    "SI_fast": dict(g=6.0, eta=4.0, what="synchronous irregular, fast oscillation (Fig. 8B)"),
    "AI": dict(g=5.0, eta=2.0, what="asynchronous irregular (Fig. 8C)"),
    "SI_slow": dict(g=4.5, eta=0.9, what="synchronous irregular, slow oscillation (Fig. 8D)"),
}
N_E, N_I, C_E, C_I = 10_000, 2_500, 1_000, 250
J, DELAY, TAU_M, THETA, V_RESET, T_REF = 0.1, 1.5, 20.0, 20.0, 10.0, 2.0
WARM_UP, MEASURED = 200.0, 1000.0


def simulate(g, eta, threads, seed):
    """Times (ms from the moment the potentials were drawn) and senders, per population."""
    nest.ResetKernel()
    nest.local_num_threads = threads
    nest.resolution = 0.1
    nest.rng_seed = seed
    params = dict(C_m=1.0, tau_m=TAU_M, t_ref=T_REF, E_L=0.0, V_th=THETA, V_reset=V_RESET, V_m=0.0)
    exc = nest.Create("iaf_psc_delta", N_E, params=params)
    inh = nest.Create("iaf_psc_delta", N_I, params=params)
    rate = 1e3 * eta * THETA / (J * TAU_M)
    noise = nest.Create("poisson_generator", params={"rate": rate})
    nest.CopyModel("static_synapse_hom_w", "exc", {"weight": J, "delay": DELAY})
    nest.CopyModel("static_synapse_hom_w", "inh", {"weight": -g * J, "delay": DELAY})
    everything = exc + inh
    nest.Connect(noise, everything, syn_spec={"synapse_model": "static_synapse", "weight": J, "delay": DELAY})
    for source, indegree, model in ((exc, C_E, "exc"), (inh, C_I, "inh")):
        rule = {"rule": "fixed_indegree", "indegree": indegree, "allow_autapses": True, "allow_multapses": True}
        nest.Connect(source, everything, rule, model)
    recorders = []
    for population in (exc, inh):
        recorder = nest.Create("spike_recorder")
        nest.Connect(population, recorder)
        recorders.append(recorder)
    nest.Simulate(DELAY)
    everything.V_m = nest.random.uniform(0.0, THETA)
    nest.Simulate(WARM_UP + MEASURED)
    found = []
    for recorder, first in zip(recorders, (exc[0].global_id, inh[0].global_id)):
        events = recorder.events
        # Ticks, so that the borders of the range are exact.
        ticks = np.rint((np.asarray(events["times"]) - DELAY) * 10).astype(np.int64)
        found.append((ticks, np.asarray(events["senders"]) - first))
    return rate, found


def synchrony(ticks, origin, bins):
    counts = np.bincount((ticks - origin - 1) // 30, minlength=bins)[:bins]
    return float(counts.var() / counts.mean())


def figures(ticks, senders, size):
    first, last = int(WARM_UP * 10), int((WARM_UP + MEASURED) * 10)
    keep = (ticks > first) & (ticks <= last)
    ticks, senders = ticks[keep], senders[keep]
    order = np.lexsort((ticks, senders))
    trains = np.split(ticks[order], np.cumsum(np.bincount(senders, minlength=size))[:-1])
    cvs = [d.std() / d.mean() for d in (np.diff(t) for t in trains if len(t) >= 3)]
    return ticks, {
        "neurons": size,
        "spikes": int(len(ticks)),
        "rate_hz": len(ticks) / size / (MEASURED / 1e3),
        "cv": float(np.mean(cvs)) if cvs else None,
        "cv_neurons": len(cvs),
        "synchrony": synchrony(ticks, first, int(MEASURED // 3)),
    }


def peak(ticks):
    counts = np.bincount((ticks - int(WARM_UP * 10) - 1) // 10, minlength=int(MEASURED))
    f, p = scipy.signal.welch(counts.astype(float), fs=1000.0, window="hann", nperseg=256)
    return float(f[1:][np.argmax(p[1:])])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--regime", action="append", choices=list(REGIMES), help="may be repeated [default: all]")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--seconds", type=float, default=1.0, help="how long to measure [1]; the slow oscillation wants 10")
    ap.add_argument("--out", help="JSON file; regimes that it has already and that are not run stay in it")
    a = ap.parse_args()
    global MEASURED
    MEASURED = 1e3 * a.seconds
    nest.verbosity = nest.VerbosityLevel.ERROR
    out = {}
    if a.out and os.path.exists(a.out):
        with open(a.out) as f:
            out = json.load(f)
    out["origin"] = (
        f"tools/nest_brunel_regimes.py with NEST {nest.__version__}; network, range and definitions are "
        "described there. One seed per figure: other seeds differ by chance."
    )
    out["warm_up_ms"] = WARM_UP
    regimes = out.setdefault("regimes", {})
    for name in a.regime or REGIMES:
        spec = REGIMES[name]
        start = time.time()
        rate, found = simulate(spec["g"], spec["eta"], a.threads, a.seed)
        result = dict(what=spec["what"], g=spec["g"], eta=spec["eta"], external_rate_hz=rate, measured_ms=MEASURED, seed=a.seed, threads=a.threads)
        merged = []
        for label, size, (ticks, senders) in zip(("excitatory", "inhibitory"), (N_E, N_I), found):
            ticks, result[label] = figures(ticks, senders, size)
            merged.append(ticks)
        result["peak_hz"] = peak(np.concatenate(merged))
        regimes[name] = result
        e, i = result["excitatory"], result["inhibitory"]
        print(
            f"{name:8} g={spec['g']} eta={spec['eta']}: E {e['rate_hz']:.3f} Hz, CV {e['cv']:.4f}, synchrony {e['synchrony']:.1f}; "
            f"I {i['rate_hz']:.3f} Hz, CV {i['cv']:.4f}; peak {result['peak_hz']:.1f} Hz; {time.time() - start:.0f} s",
            flush=True,
        )
        if a.out:
            with open(a.out, "w") as f:
                json.dump(out, f, indent=1)
                f.write("\n")


if __name__ == "__main__":
    main()
