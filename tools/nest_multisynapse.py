"""Writes tests/data/nest/multisynapse: a small network of NEST's iaf_psc_exp_multisynapse with its
spikes and voltages. Needs NEST 3 (`pip install nest-simulator`).

    python tools/nest_multisynapse.py [folder]
"""

import json
import sys
from pathlib import Path

import nest
import numpy as np

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/nest/multisynapse")
H, T_STOP, N, INPUTS, RECORDED = 0.1, 400.0, 60, 20, 3
TAU_SYN = [2.0, 10.0, 100.0, 0.7]
PARAMS = {
    "E_L": -65.0, "V_reset": -62.0, "V_th": -50.0, "t_ref": 1.5,
    "C_m": 200.0, "tau_m": 12.5, "V_m": -65.0, "I_e": 200.0,
}

rng = np.random.default_rng(20)
nest.ResetKernel()
nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution = H

# The relays fire one tick after the time of their generator.
times = [np.sort(rng.choice(np.arange(10, 3900), size=60, replace=False)) for _ in range(INPUTS)]
generators = nest.Create("spike_generator", INPUTS)
for generator, t in zip(generators, times):
    generator.spike_times = np.round(t * H, 1)
relays = nest.Create("parrot_neuron", INPUTS)
nest.Connect(generators, relays, "one_to_one", {"delay": H})
cells = nest.Create("iaf_psc_exp_multisynapse", N, {**PARAMS, "tau_syn": TAU_SYN})


def draw(sources, count, autapses):
    rows = set()
    while len(rows) < count:
        s, t = int(rng.integers(sources)), int(rng.integers(N))
        if autapses or s != t:
            # Multiples of 1/1024, so that the order of summation cannot matter. Any sign at any
            # port; less where a current lasts longer.
            port = int(rng.integers(len(TAU_SYN)))
            size = rng.integers(-200, 500) / 1024 * [450.0, 110.0, 11.0, 1000.0][port]
            weight = float(np.round(size * 1024) / 1024)
            rows.add((s, t, weight, round(int(rng.integers(1, 40)) * H, 1), port + 1))
    return sorted(rows)


def connect(pre, rows):
    # One synapse at a time: lists of weights demand a fixed rule, and there may be several of a pair.
    for s, t, weight, delay, port in rows:
        nest.Connect(
            pre[s], cells[t], "one_to_one",
            {"weight": weight, "delay": delay, "receptor_type": port},
        )


edges, input_edges = draw(N, 700, False), draw(INPUTS, 400, True)
connect(cells, edges)
connect(relays, input_edges)
recorder = nest.Create("spike_recorder")
nest.Connect(cells, recorder)
meter = nest.Create("multimeter", params={"record_from": ["V_m", "I_syn_3"], "interval": H})
nest.Connect(meter, cells[:RECORDED])
nest.Simulate(T_STOP + 1.0)

first = cells[0].global_id
spikes = sorted((round(t, 1), i - first) for t, i in
                zip(recorder.events["times"], recorder.events["senders"]) if t <= T_STOP + 1e-6)
fired = sorted((round((t + 1) * H, 1), i) for i, ts in enumerate(times) for t in ts)
voltages = sorted(
    (round(t, 1), i - first, v, c) for t, i, v, c in
    zip(*(meter.events[k] for k in ("times", "senders", "V_m", "I_syn_3"))) if t <= 60.0 + 1e-6)

folder.mkdir(parents=True, exist_ok=True)


def write(name, header, rows):
    with open(folder / name, "w") as f:
        f.write(header + "\n")
        for row in rows:
            f.write(",".join(repr(x) if isinstance(x, float) else str(x)
                             for x in (v.item() if hasattr(v, "item") else v for v in row)) + "\n")


write("edges.csv", "source,target,weight,delay_ms,receptor", edges)
write("input_edges.csv", "input,target,weight,delay_ms,receptor", input_edges)
write("inputs.csv", "time_ms,input", fired)
write("spikes.csv", "time_ms,neuron", spikes)
write("vm.csv", "time_ms,neuron,V_m_mV", [row[:3] for row in voltages])
write("i_syn_3.csv", "time_ms,neuron,I_syn_3_pA", [(row[0], row[1], row[3]) for row in voltages])
(folder / "case.json").write_text(json.dumps({
    "simulator": f"NEST {nest.__version__}", "model": "iaf_psc_exp_multisynapse",
    "params": PARAMS, "tau_syn": TAU_SYN, "n": N, "n_inputs": INPUTS, "resolution_ms": H,
    "t_stop_ms": T_STOP, "n_spikes": len(spikes),
    "rate_hz": round(len(spikes) / N / T_STOP * 1000, 3),
    "note": "inputs.csv are the times at which input i fires; a synapse of delay d delivers at time"
            " + d. Receptors count from 1.",
}, indent=1) + "\n")
print(len(spikes), "spikes")
