#!/usr/bin/env python3
"""Spikes of a small network of the whole-brain model of Shiu et al. (2024), by Brian 2.

    python -m venv brian && brian/bin/pip install 'brian2==2.9.0' 'numpy<2' && brian/bin/python fly.py

The equations, the reset and the order of things are those of the published code
(github.com/philshiu/Drosophila_brain_model, model.py), which runs on Brian 2. The network is made up:
300 neurons, strong enough connections that a few stimulated ones wake the others. In place of the
random input of the code the input is a list, so that the spikes can be compared one by one.

Brian's spike at time t is stamped tick t/dt + 1 here: after that step of integration.
"""

import csv

import numpy as np
from brian2 import (Network, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, defaultclock,
                    mV, ms, prefs)

prefs.codegen.target = "numpy"
N, STIMULATED, MS = 300, 12, 400
rng = np.random.default_rng(2024)


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


# Signed numbers of synapses, like "Excitatory x Connectivity": the sign belongs to the source.
sign = np.where(rng.random(N) < 0.3, -1, 1)
pairs = np.unique(np.column_stack([rng.integers(0, N, 5000), rng.integers(0, N, 5000)]), axis=0)
count = np.ceil(rng.lognormal(3.0, 1.1, len(pairs))).astype(int)
source, target = pairs.T
weight = count * sign[source]
write("edges.csv", ("source", "target", "weight"), zip(source, target, weight))

# One event per neuron and step at most.
step, neuron = np.nonzero(rng.random((MS * 10, STIMULATED)) < 150 * 1e-4)
write("input.csv", ("time_ms", "neuron"), ((f"{(s + 1) / 10:.1f}", n) for s, n in zip(step, neuron)))
# Stimulated neurons are not refractory. Brian integrates again in step k + t_ref/dt after a spike
# in step k, and holds the steps between: one fewer than NEST and Spikewheel count.
write("t_ref.csv", ("t_ref",), ((0.0 if i < STIMULATED else 2.1,) for i in range(N)))

defaultclock.dt = 0.1 * ms
params = dict(v_0=-52 * mV, v_rst=-52 * mV, v_th=-45 * mV, t_mbr=20 * ms, tau=5 * ms)
neurons = NeuronGroup(
    N,
    """dv/dt = (v_0 - v + g) / t_mbr : volt (unless refractory)
       dg/dt = -g / tau              : volt (unless refractory)
       rfc                           : second""",
    method="linear", threshold="v > v_th", reset="v = v_rst; g = 0*mV", refractory="rfc",
    namespace=params,
)
neurons.v = params["v_0"]
neurons.rfc = np.where(np.arange(N) < STIMULATED, 0.0, 2.2) * ms
synapses = Synapses(neurons, neurons, "w : volt", on_pre="g += w", delay=1.8 * ms)
synapses.connect(i=source, j=target)
synapses.w = weight * 0.275 * mV
given = SpikeGeneratorGroup(STIMULATED, neuron, step * 0.1 * ms)
push = Synapses(given, neurons, on_pre="v += 250 * 0.275 * mV")
push.connect(j="i")
spikes = SpikeMonitor(neurons)
Network(neurons, synapses, given, push, spikes).run(MS * ms)
ticks = np.rint(spikes.t / (0.1 * ms)).astype(int) + 1
order = np.lexsort((spikes.i, ticks))
write("spikes.csv", ("tick", "neuron"), zip(ticks[order], np.array(spikes.i)[order]))
print(len(ticks), "spikes,", len(set(np.array(spikes.i))), "neurons")
