"""Reference runs of NEST for the clocked models, written to tests/data/nest_clocked/.

    python tools/nest_clocked.py            # needs NEST (3.10 was used) and numpy

A case is one JSON file: the network completely, and NEST's answer.

- `spikes`: at the case's own resolution, as [tick, neuron].
- `exact_spikes`: of a run at resolution / 64, as [ms, neuron]: what finer and finer steps must go to.
- `vm`: rows of V_m, one per recorded time, of a run at resolution / 64 in which no neuron spikes
  (conductance models); of the run itself for izhikevich.
"""

import json
from pathlib import Path

import nest
import numpy as np

OUT = Path(__file__).resolve().parent.parent / "tests" / "data" / "nest_clocked"
DELAY = 1.0  # ms, of every input and current
FINER = 64

rng = np.random.default_rng(20260101)


def grid(low, high, size, quantum):
    """Random multiples of a quantum."""
    return (rng.integers(round(low / quantum), round(high / quantum) + 1, size) * quantum).tolist()


def poisson_ticks(rate_hz, stop_ms, tick):
    return (np.flatnonzero(rng.random(round(stop_ms / tick)) < rate_hz * tick / 1000) + 1).tolist()


def run(case, resolution, params, record):
    """Spikes as (ms, neuron), and V_m of all neurons at multiples of `record` ms."""
    nest.ResetKernel()
    nest.set(tics_per_ms=640000, resolution=resolution)
    tick, n = case["resolution"], len(params)
    cells = nest.Create(case["nest_model"], n)
    for cell, p in zip(cells, params):
        cell.set(p)
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    for times, edges in zip(case["inputs"], case["input_edges"]):
        source = nest.Create("spike_generator", params={"spike_times": [round(t * tick, 6) for t in times]})
        for target, weight in edges:
            nest.Connect(source, cells[target], syn_spec={"weight": weight, "delay": DELAY})
    for source, target, weight, delay in case["edges"]:
        nest.Connect(cells[source], cells[target], syn_spec={"weight": weight, "delay": round(delay * tick, 6)})
    for target, steps in enumerate(case["currents"]):
        if steps:
            # What is sent at a time acts from that time plus the delay on.
            times = [round(at * tick - DELAY, 6) for at, _ in steps]
            source = nest.Create("step_current_generator", params={
                "amplitude_times": times, "amplitude_values": [pa for _, pa in steps]})
            nest.Connect(source, cells[target], syn_spec={"delay": DELAY})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": record})
    nest.Connect(meter, cells)
    nest.Simulate(case["duration"] * tick)
    e = recorder.events
    spikes = sorted(zip(e["times"].tolist(), (e["senders"] - cells[0].global_id).tolist()))
    m = meter.events
    rows = {}
    for t, s, v in zip(m["times"].tolist(), m["senders"].tolist(), m["V_m"].tolist()):
        rows.setdefault(round(t / tick), {})[s - cells[0].global_id] = v
    return spikes, {t: [row[i] for i in range(n)] for t, row in sorted(rows.items())}


def save(name, case):
    path = OUT / f"{name}.json"
    path.write_text(json.dumps(case, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    print(name, len(case["spikes"]), "spikes", path.stat().st_size, "bytes")


def new_case(model, nest_model, tick, ms, params):
    return {"simulator": "NEST " + nest.__version__, "model": model, "nest_model": nest_model,
            "resolution": tick, "duration": round(ms / tick), "params": params,
            "inputs": [], "input_edges": [], "edges": [], "currents": [[] for _ in params]}


def izhikevich(name, tick, ms, consistent):
    kinds = {"RS": (0.02, 0.2, -65, 8), "IB": (0.02, 0.2, -55, 4), "CH": (0.02, 0.2, -50, 2),
             "FS": (0.1, 0.2, -65, 2), "LTS": (0.02, 0.25, -65, 2)}
    params = []
    for a, b, c, d in kinds.values():
        for k in range(4):
            params.append({"a": a, "b": b, "c": float(c), "d": float(d), "V_m": -65.0 - k, "U_m": -14.0,
                           "I_e": [0.0, 4.0, 10.0, 0.0][k], "V_min": -1e3 if k else -70.0})
    case = new_case("izhikevich", "izhikevich", tick, ms, params)
    n = len(params)
    for _ in range(20):
        case["inputs"].append(poisson_ticks(60.0, ms, tick))
        targets = rng.choice(n, 6, replace=False).tolist()
        case["input_edges"].append(list(zip(targets, grid(-4, 8, 6, 1 / 1024))))
    for source in range(n):
        for target in rng.choice(n, 5, replace=False).tolist():
            weight = grid(-6, 4, 1, 1 / 1024)[0]
            delay = int(rng.integers(1, 6 if tick == 1 else 40))
            case["edges"].append([source, target, weight, delay])
    for i in range(n):
        if i % 4 == 3:
            case["currents"][i] = [[round(50 / tick), 10.0], [round(250 / tick), -5.0], [round(300 / tick), 6.5]]
    settings = [dict(p, consistent_integration=consistent) for p in params]
    spikes, vm = run(case, tick, settings, tick)
    case["consistent_integration"] = consistent
    case["spikes"] = [[round(t / tick), i] for t, i in spikes]
    kept = sorted(vm)[:: max(1, round(5 / tick))]
    case["vm"] = [[t, *vm[t]] for t in kept]
    save(name, case)


def conductance(name, model, nest_model, params, quiet, settings):
    """Driven neurons without recurrent synapses: errors cannot feed on each other."""
    tick, ms = 0.1, 200.0
    case = new_case(model, nest_model, tick, ms, params)
    n = len(params)
    for k in range(16):
        case["inputs"].append(poisson_ticks(150.0, ms - 2, tick))
        targets = rng.choice(n, 5, replace=False).tolist()
        low, high = (4.0, 24.0) if k < 12 else (-40.0, -8.0)
        case["input_edges"].append(list(zip(targets, grid(low, high, 5, 1 / 64))))
    for i in range(0, n, 2):
        case["currents"][i] = [[round(20 / tick), 400.0], [round(120 / tick), -150.0]]
    full = [dict(p, **settings) for p in params]
    spikes, _ = run(case, tick, full, tick)
    case["spikes"] = [[round(t / tick), i] for t, i in spikes]
    exact, _ = run(case, tick / FINER, full, 10.0)
    case["exact_spikes"] = [[round(t, 7), i] for t, i in exact]
    case["quiet"] = quiet
    silent, vm = run(case, tick / FINER, [dict(p, **quiet) for p in full], tick)
    assert not silent, "the quiet neurons must not spike"
    case["vm"] = [[t, *vm[t]] for t in sorted(vm)[::23]]
    save(name, case)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    nest.set_verbosity("M_ERROR")
    izhikevich("izhikevich", 0.1, 400.0, True)
    izhikevich("izhikevich_2003", 1.0, 800.0, False)
    lif = [{"tau_syn_ex": ex, "tau_syn_in": inh, "g_L": g, "t_ref": t_ref}
           for ex, inh, g in [(0.2, 2.0, 16.6667), (2.0, 5.0, 10.0), (5.0, 10.0, 25.0), (1.0, 1.0, 12.5)]
           for t_ref in (2.0, 0.5)]
    for kind in ("exp", "alpha"):
        conductance(f"lif_cond_{kind}", f"lif_cond_{kind}", f"iaf_cond_{kind}", lif, {"V_th": 1000.0}, {})
    # Tonic, adapting, initial burst, bursting, and transient spiking (Naud et al. 2008, table 1), and
    # the cell of Brette & Gerstner (2005).
    sets = [
        {"C_m": 200.0, "g_L": 10.0, "E_L": -70.0, "V_th": -50.0, "Delta_T": 2.0, "a": 2.0, "tau_w": 30.0, "b": 0.0, "V_reset": -58.0},
        {"C_m": 200.0, "g_L": 12.0, "E_L": -70.0, "V_th": -50.0, "Delta_T": 2.0, "a": 2.0, "tau_w": 300.0, "b": 60.0, "V_reset": -58.0},
        {"C_m": 130.0, "g_L": 18.0, "E_L": -58.0, "V_th": -50.0, "Delta_T": 2.0, "a": 4.0, "tau_w": 150.0, "b": 120.0, "V_reset": -50.0},
        {"C_m": 200.0, "g_L": 10.0, "E_L": -58.0, "V_th": -50.0, "Delta_T": 2.0, "a": 2.0, "tau_w": 120.0, "b": 100.0, "V_reset": -46.0},
        {"C_m": 100.0, "g_L": 10.0, "E_L": -65.0, "V_th": -50.0, "Delta_T": 2.0, "a": 10.0, "tau_w": 90.0, "b": 100.0, "V_reset": -47.0},
        {},
    ]
    adex = [dict(p, t_ref=t_ref, tau_syn_ex=1.0, tau_syn_in=4.0, V_peak=peak, V_m=p.get("E_L", -70.6))
            for p in sets for t_ref, peak in ((0.0, 0.0), (2.0, -30.0))]
    quiet = {"V_th": 0.0, "V_peak": 1000.0, "Delta_T": 20.0}
    for kind, suffix in (("exp", ""), ("alpha", "_alpha")):
        conductance(f"adex{suffix}", f"adex{suffix}", f"aeif_cond_{kind}", adex, quiet, {"gsl_error_tol": 1e-10})


if __name__ == "__main__":
    main()
