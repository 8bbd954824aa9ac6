"""One run of one of the networks of `cargo bench --bench peers` in NEST 3.10.

    python tools/peers/nest_bench.py brunel --threads 2 --record
    python tools/peers/nest_bench.py sparse --neurons 100000 --input-rate 1 --simulated 1000

Prints one line of JSON: building, wall and processor time per simulated second after the warm-up, rate
of the neurons, and resident memory. With `--record` NEST keeps the spikes in memory, which is its
fastest recorder. Autapses and multapses are allowed, as by default here and in NEST. Poisson input comes
a delay later than in Spikewheel, which the warm-up covers.

Needs: pip install nest-simulator==3.10.0 numpy
"""

import os

import numpy as np
from common import BRUNEL, BRUNEL_HZ, CUBA, MICROCIRCUIT, SPARSE, STDP, Timer, microcircuit, options, resident, tell

os.environ.setdefault("PYNEST_QUIET", "1")


def homogeneous(nest, delay, **weights):
    """Synapse models that hold one weight for all: NEST's smallest."""
    for name, weight in weights.items():
        nest.CopyModel("static_synapse_hom_w", name, {"weight": weight, "delay": delay})


def two_populations(nest, model, neurons, params, low, high):
    excitatory = round(0.8 * neurons)
    params = dict(params, V_m=nest.random.uniform(low, high))
    return nest.Create(model, excitatory, params=params), nest.Create(model, neurons - excitatory, params=params)


def brunel(nest, _, plastic=False):
    p = BRUNEL
    params = dict(C_m=1.0, tau_m=p["tau_m"], t_ref=p["t_ref"], E_L=0.0, V_th=p["theta"], V_reset=p["V_reset"])
    if plastic:
        params["tau_minus"] = STDP["tau"]
    e, i = two_populations(nest, "iaf_psc_delta", p["neurons"], params, 0.0, p["theta"])
    homogeneous(nest, p["delay"], excitatory=p["J"], inhibitory=-p["g"] * p["J"])
    noise = nest.Create("poisson_generator", params={"rate": BRUNEL_HZ})
    nest.Connect(noise, e + i, syn_spec={"weight": p["J"], "delay": p["delay"]})
    excitation = {"rule": "fixed_indegree", "indegree": p["C_E"]}
    if plastic:
        nest.CopyModel("stdp_synapse_hom", "plastic", {
            "tau_plus": STDP["tau"], "lambda": STDP["step"], "alpha": STDP["alpha"], "Wmax": STDP["highest"],
            "mu_plus": 0.0, "mu_minus": 0.0, "delay": p["delay"]})
        nest.Connect(e, e, dict(excitation, allow_autapses=False), {"synapse_model": "plastic", "weight": p["J"]})
        nest.Connect(e, i, excitation, "excitatory")
    else:
        nest.Connect(e, e + i, excitation, "excitatory")
    nest.Connect(i, e + i, {"rule": "fixed_indegree", "indegree": p["C_I"]}, "inhibitory")
    return [e, i], p["neurons"] * (p["C_E"] + p["C_I"])


def stdp(nest, a):
    """The delay of a plastic synapse is that of its dendrite."""
    return brunel(nest, a, plastic=True)


def cuba(nest, _):
    p = CUBA
    params = dict(C_m=p["tau_m"], tau_m=p["tau_m"], t_ref=p["t_ref"], E_L=p["E_L"], V_th=p["V_th"],
                  V_reset=p["V_reset"], tau_syn_ex=p["tau_ex"], tau_syn_in=p["tau_in"])
    e, i = two_populations(nest, "iaf_psc_exp", p["neurons"], params, p["V_reset"], p["V_th"])
    homogeneous(nest, p["delay"], excitatory=p["w_ex"], inhibitory=p["w_in"])
    rule = {"rule": "pairwise_bernoulli", "p": p["p"]}
    nest.Connect(e, e + i, rule, "excitatory")
    nest.Connect(i, e + i, rule, "inhibitory")
    return [e, i], nest.num_connections


def sparse(nest, a):
    p = SPARSE
    params = dict(C_m=1.0, tau_m=p["tau_m"], t_ref=p["t_ref"], E_L=0.0, V_th=p["theta"], V_reset=p["V_reset"])
    e, i = two_populations(nest, "iaf_psc_delta", a.neurons, params, 0.0, 15.0)
    homogeneous(nest, p["delay"], excitatory=p["J"], inhibitory=-p["g"] * p["J"], drive=p["J_in"])
    # A generator gives each of its targets a train of its own; relays make each train reach many.
    generator = nest.Create("poisson_generator", params={"rate": a.input_rate})
    relays = nest.Create("parrot_neuron", p["inputs"])
    nest.Connect(generator, relays, syn_spec={"delay": p["delay"]})
    nest.Connect(relays, e + i, {"rule": "fixed_indegree", "indegree": p["C_in"]}, "drive")
    nest.Connect(e, e + i, {"rule": "fixed_indegree", "indegree": p["C_E"]}, "excitatory")
    nest.Connect(i, e + i, {"rule": "fixed_indegree", "indegree": p["C_I"]}, "inhibitory")
    return [e, i], a.neurons * (p["C_E"] + p["C_I"] + p["C_in"])


def cortical_microcircuit(nest, a):
    p = MICROCIRCUIT
    sizes, synapses, weights, external, external_weight, currents = microcircuit(a.scale)
    populations = []
    for k, size in enumerate(sizes):
        cells = nest.Create("iaf_psc_exp", int(size), params=dict(
            C_m=p["C_m"], tau_m=p["tau_m"], t_ref=p["t_ref"], E_L=p["E_L"], V_th=p["V_th"], V_reset=p["V_reset"],
            tau_syn_ex=p["tau_syn"], tau_syn_in=p["tau_syn"], I_e=float(currents[k])))
        cells.V_m = nest.random.normal(p["start_mean"][k], p["start_std"][k])
        noise = nest.Create("poisson_generator", params={"rate": p["background_hz"] * external[k]})
        nest.Connect(noise, cells, syn_spec={"weight": external_weight, "delay": p["d_e"]})
        populations.append(cells)
    # A process holds at most 2^27 synapses of a model, and the whole has more.
    for s in range(8):
        nest.CopyModel("static_synapse", f"from_{s}")
    for t in range(8):
        for s in range(8):
            if synapses[t, s] == 0:
                continue
            w = float(weights[t, s])
            delay = p["d_e"] if w > 0 else p["d_i"]
            limits = dict(min=0.0, max=np.inf) if w > 0 else dict(min=-np.inf, max=0.0)
            nest.Connect(populations[s], populations[t], {"rule": "fixed_total_number", "N": int(synapses[t, s])}, {
                "synapse_model": f"from_{s}",
                "weight": nest.math.redraw(nest.random.normal(w, abs(w) * p["w_spread"]), **limits),
                "delay": nest.math.redraw(nest.random.normal(delay, delay * p["d_spread"]), min=0.05, max=np.inf)})
    return populations, int(synapses.sum())


NETWORKS = {"brunel": brunel, "cuba": cuba, "sparse": sparse, "microcircuit": cortical_microcircuit, "stdp": stdp}


def main():
    a = options(__doc__).parse_args()
    import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.local_num_threads = a.threads
    nest.resolution = 0.1
    nest.rng_seed = a.seed
    before = resident()
    with Timer() as building:
        populations, synapses = NETWORKS[a.network](nest, a)
        # 32 kB for each recorded neuron, which is not what a synapse needs: told apart.
        without_recorder = resident()
        recorder = nest.Create("spike_recorder", params={"record_to": "memory"}) if a.record else None
        for cells in populations if a.record else []:
            nest.Connect(cells, recorder)
        recording = resident() - without_recorder if without_recorder is not None else 0
        nest.Prepare()
        # The first run brings the synapses into their final place: that is building, too.
        nest.Run(nest.min_delay)
    nest.Run(max(0.0, a.warm_up - nest.min_delay))
    after = resident()
    if after is not None:
        after -= recording
    # Without a recorder the kernel's own counter, which also counts the relays of `sparse`.
    count = (lambda: recorder.n_events) if a.record else (lambda: nest.local_spike_counter)
    already = count()
    with Timer() as running:
        nest.Run(a.simulated)
    spikes = count() - already
    nest.Cleanup()
    tell(a, f"NEST {nest.__version__}", neurons=sum(len(p) for p in populations), synapses=synapses, spikes=spikes,
         build_s=building.wall, wall_s=running.wall, cpu_s=running.cpu, before=before, after=after)


if __name__ == "__main__":
    main()
