"""NEST's plastic synapses between given spike trains, kept in tests/data/nest/rules.json.

    python tools/nest_plasticity.py tests/data/nest/rules.json      (NEST 3.10)

Three sources and four targets are parrots with random trains; twelve synapses with delays of 0.3 to 2 ms. All
sources spike last at the same time, so that NEST, which brings a weight up to date when its source spikes, has
them all as of that time. Conventions that matter:

- the whole delay is dendritic;
- a dopamine spike counts when it reaches the volume transmitter: its time plus that delay (1 ms; the times kept are those);
- stdp_nn_restr_synapse takes it that its source spiked at time 0: trains begin after 1 s, when that is forgotten;
- the volume transmitter also brings weights up to date every deliver_interval, which changes nothing but rounding.
"""

import json
import random
import sys

import nest

DURATION = 10_000.0
random.seed(7)


def train(rate, last=None):
    """Times in ms on the grid of 0.1 ms."""
    t, times = 1000.0, []
    while True:
        t += random.expovariate(rate / 1000.0) + 1.0
        if t > DURATION - 100.0:
            break
        times.append(round(t, 1))
    return times + ([last] if last else [])


PRE = [train(rate, DURATION - 50.0) for rate in (8, 15, 25)]
POST = [train(rate) for rate in (5, 12, 20, 30)]
DOPAMINE = train(2)
DELAYS = [[round(0.3 + 0.1 * (5 * i + 3 * j) % 1.8, 1) for j in range(4)] for i in range(3)]

# name: (synapse model, its parameters, tau_minus of the targets, first weight)
CASES = {
    "stdp_nn_symm": ("stdp_nn_symm_synapse", dict(tau_plus=17.0, lambda_=0.005, alpha=1.1, mu_plus=0.4, mu_minus=0.3, Wmax=2.0), 29.0, 1.0),
    "stdp_nn_restr": ("stdp_nn_restr_synapse", dict(tau_plus=17.0, lambda_=0.005, alpha=1.1, mu_plus=0.4, mu_minus=0.3, Wmax=2.0), 29.0, 1.0),
    "stdp_nn_pre_centered": ("stdp_nn_pre_centered_synapse", dict(tau_plus=17.0, lambda_=0.005, alpha=1.1, mu_plus=0.4, mu_minus=0.3, Wmax=2.0), 29.0, 1.0),
    "stdp_pl": ("stdp_pl_synapse_hom", dict(tau_plus=17.0, lambda_=0.01, alpha=0.9, mu=0.4), 29.0, 1.0),
    "vogels": ("vogels_sprekeler_synapse", dict(tau=20.0, eta=0.001, alpha=0.3, Wmax=2.0), 20.0, 1.0),
    "stdp_dopamine": ("stdp_dopamine_synapse", dict(tau_plus=17.0, tau_c=700.0, tau_n=150.0, A_plus=0.03, A_minus=0.035, b=0.001, Wmin=-50.0, Wmax=50.0), 29.0, 1.0),
    "stdp_dopamine_tonic": ("stdp_dopamine_synapse", dict(tau_plus=17.0, tau_c=700.0, tau_n=150.0, A_plus=0.03, A_minus=0.035, b=-0.001, Wmin=-50.0, Wmax=50.0), 29.0, 1.0),
}


def weights(model, params, tau_minus, first):
    nest.ResetKernel()
    nest.resolution = 0.1
    params = {name.rstrip("_"): value for name, value in params.items()}

    def parrots(trains, **kw):
        nodes = nest.Create("parrot_neuron", len(trains), kw)
        spikes = [{"spike_times": [round(t - 1.0, 1) for t in times]} for times in trains]
        nest.Connect(nest.Create("spike_generator", len(trains), spikes), nodes, "one_to_one", {"delay": 1.0})
        return nodes

    pre, post = parrots(PRE), parrots(POST, tau_minus=tau_minus)
    if model == "stdp_dopamine_synapse":
        release = parrots([[round(t - 1.0, 1) for t in DOPAMINE]])
        transmitter = nest.Create("volume_transmitter", 1, {"deliver_interval": 1000})
        nest.Connect(release, transmitter, "all_to_all", {"delay": 1.0})
        params = dict(params, volume_transmitter=transmitter)
    nest.CopyModel(model, "rule", params)
    for i in range(3):
        for j in range(4):
            nest.Connect(pre[i], post[j], "one_to_one", {"synapse_model": "rule", "weight": first, "delay": DELAYS[i][j], "receptor_type": 1})
    nest.Simulate(DURATION)
    return [[nest.GetConnections(pre[i], post[j], "rule").weight for j in range(4)] for i in range(3)]


with open(sys.argv[1], "w") as out:
    json.dump(
        {
            "origin": f"tools/nest_plasticity.py, NEST {nest.__version__}",
            "pre": PRE,
            "post": POST,
            "dopamine": DOPAMINE,
            "delays": DELAYS,
            "cases": {
                name: {
                    "synapse_model": model,
                    "params": {name.rstrip("_"): value for name, value in params.items()},
                    "tau_minus": tau_minus,
                    "first": first,
                    "weights": weights(model, params, tau_minus, first),
                }
                for name, (model, params, tau_minus, first) in CASES.items()
            },
        },
        out,
    )
