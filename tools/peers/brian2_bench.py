"""One run of one of the networks of `cargo bench --bench peers` in Brian2, as a C++ program of its own.

    python tools/peers/brian2_bench.py brunel --threads 2 --record

Prints one line of JSON: building, wall and processor time per simulated second after the warm-up, rate
of the neurons, and resident memory. What is built are Brian2's fastest programs: C++ standalone, with
-O3, fast mathematics and native instructions, and with OpenMP for more than one thread.

Not the same as in Spikewheel and NEST, as it is Brian2's way: a threshold is tested before the input of
the tick, a source is drawn at most once per target where in-degrees are fixed (no multapses), and the
20 kHz of `brunel` are binomial, not Poisson, numbers of events.

Needs: pip install brian2 "numpy<2.4" setuptools cython, and a C++ compiler
"""

import os
import shutil
import subprocess
import tempfile
import time

import numpy as np
from common import BRUNEL, BRUNEL_HZ, CUBA, MICROCIRCUIT, SPARSE, STDP, microcircuit, options, tell

# Line by line to a file of the program: wall time (s since the epoch), processor time (s), resident pages.
PROBE = """{
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    std::ifstream memory("/proc/self/statm"); long all = 0, resident = 0; memory >> all >> resident;
    std::ofstream out("probes.txt", std::ios::app); out.precision(17);
    out << now.tv_sec + 1e-9 * now.tv_nsec << ' ' << (double)clock() / CLOCKS_PER_SEC << ' ' << resident << std::endl;
}"""


def delta_neurons(b, neurons, p, highest):
    cells = b.NeuronGroup(neurons, "dv/dt = -v/tau : 1 (unless refractory)", threshold="v > theta", reset="v = v_reset",
                          refractory=p["t_ref"] * b.ms, method="exact",
                          namespace=dict(tau=p["tau_m"] * b.ms, theta=p["theta"], v_reset=p["V_reset"]))
    cells.v = f"{highest}*rand()"
    # Input that comes while V is held is lost.
    cells.run_regularly(f"v = {p['V_reset']} + (v - {p['V_reset']})*int(not_refractory)", when="end")
    excitatory = round(0.8 * neurons)
    return cells, cells[:excitatory], cells[excitatory:]


def fixed_indegree(b, source, target, indegree, weight, delay):
    synapses = b.Synapses(source, target, on_pre="v_post += weight", delay=delay * b.ms, namespace=dict(weight=weight))
    synapses.connect(i="k for k in sample(N_pre, size=indegree)", namespace=dict(indegree=indegree))
    return synapses


def brunel(b, _):
    p = BRUNEL
    cells, e, i = delta_neurons(b, p["neurons"], p, p["theta"])
    parts = [b.PoissonInput(cells, "v", 1000, BRUNEL_HZ / 1000 * b.Hz, weight=p["J"]),
             fixed_indegree(b, e, cells, p["C_E"], p["J"], p["delay"]),
             fixed_indegree(b, i, cells, p["C_I"], -p["g"] * p["J"], p["delay"])]
    return cells, parts, p["neurons"] * (p["C_E"] + p["C_I"])


def stdp(b, _):
    """The delay of a plastic synapse is that of its axon."""
    p, s = BRUNEL, STDP
    cells, e, i = delta_neurons(b, p["neurons"], p, p["theta"])
    plastic = b.Synapses(e, e, """w : 1
                                  dx/dt = -x/tau : 1 (event-driven)
                                  dy/dt = -y/tau : 1 (event-driven)""",
                         on_pre="""v_post += w
                                   x += up
                                   w = clip(w - y, 0, highest)""",
                         on_post="""y += down
                                    w = clip(w + x, 0, highest)""",
                         delay=p["delay"] * b.ms,
                         namespace=dict(tau=s["tau"] * b.ms, highest=s["highest"], up=s["step"] * s["highest"],
                                        down=s["alpha"] * s["step"] * s["highest"]))
    plastic.connect(i="k for k in sample(N_pre, size=indegree)", namespace=dict(indegree=p["C_E"]))
    plastic.w = p["J"]
    parts = [b.PoissonInput(cells, "v", 1000, BRUNEL_HZ / 1000 * b.Hz, weight=p["J"]), plastic,
             fixed_indegree(b, e, i, p["C_E"], p["J"], p["delay"]),
             fixed_indegree(b, i, cells, p["C_I"], -p["g"] * p["J"], p["delay"])]
    return cells, parts, p["neurons"] * (p["C_E"] + p["C_I"])


def cuba(b, _):
    p = CUBA
    cells = b.NeuronGroup(p["neurons"], """dv/dt = (ge + gi - (v - E_L))/tau_m : 1 (unless refractory)
                                           dge/dt = -ge/tau_ex : 1
                                           dgi/dt = -gi/tau_in : 1""",
                          threshold="v > V_th", reset="v = V_reset", refractory=p["t_ref"] * b.ms, method="exact",
                          namespace=dict(E_L=p["E_L"], V_th=p["V_th"], V_reset=p["V_reset"], tau_m=p["tau_m"] * b.ms,
                                         tau_ex=p["tau_ex"] * b.ms, tau_in=p["tau_in"] * b.ms))
    cells.v = "-60 + 10*rand()"
    excitatory = round(0.8 * p["neurons"])
    parts = []
    for source, variable, weight in ((cells[:excitatory], "ge", p["w_ex"]), (cells[excitatory:], "gi", p["w_in"])):
        synapses = b.Synapses(source, cells, on_pre=f"{variable}_post += weight", namespace=dict(weight=weight),
                              delay=p["delay"] * b.ms)
        synapses.connect(p=p["p"])
        parts.append(synapses)
    return cells, parts, int(p["neurons"] ** 2 * p["p"])


def sparse(b, a):
    p = SPARSE
    cells, e, i = delta_neurons(b, a.neurons, p, 15)
    inputs = b.PoissonGroup(p["inputs"], a.input_rate * b.Hz)
    parts = [inputs, fixed_indegree(b, inputs, cells, p["C_in"], p["J_in"], p["delay"]),
             fixed_indegree(b, e, cells, p["C_E"], p["J"], p["delay"]),
             fixed_indegree(b, i, cells, p["C_I"], -p["g"] * p["J"], p["delay"])]
    return cells, parts, a.neurons * (p["C_E"] + p["C_I"] + p["C_in"])


def redrawn(draw, right, n):
    """n values of `draw` that are all `right`."""
    x = draw(n)
    while True:
        wrong = np.flatnonzero(~right(x))
        if len(wrong) == 0:
            return x
        x[wrong] = draw(len(wrong))


def cortical_microcircuit(b, a):
    p = MICROCIRCUIT
    sizes, numbers, weights, external, external_weight, currents = microcircuit(a.scale)
    first = np.concatenate([[0], np.cumsum(sizes)])
    cells = b.NeuronGroup(int(first[-1]), """dv/dt = (E_L - v)/tau_m + (i_syn + i_e)/C_m : 1 (unless refractory)
                                             di_syn/dt = -i_syn/tau_syn : 1
                                             i_e : 1 (constant)
                                             per_tick : 1 (constant)""",
                          threshold="v > V_th", reset="v = V_reset", refractory=p["t_ref"] * b.ms, method="exact",
                          namespace=dict(E_L=p["E_L"], V_th=p["V_th"], V_reset=p["V_reset"], C_m=p["C_m"] * b.ms,
                                         tau_m=p["tau_m"] * b.ms, tau_syn=p["tau_syn"] * b.ms,
                                         external_weight=float(external_weight)))
    cells.run_regularly("i_syn += external_weight*poisson(per_tick)", when="synapses")
    rng = np.random.default_rng(a.seed)
    cells.v = np.concatenate([rng.normal(p["start_mean"][k], p["start_std"][k], n) for k, n in enumerate(sizes)])
    cells.i_e = np.repeat(currents, sizes)
    cells.per_tick = np.repeat(external * p["background_hz"] * 1e-4, sizes)
    sources, targets, each_weight, each_delay = [], [], [], []
    for t in range(8):
        for s in range(8):
            n, w = int(numbers[t, s]), weights[t, s]
            if n == 0:
                continue
            delay = p["d_e"] if w > 0 else p["d_i"]
            sources.append(rng.integers(first[s], first[s + 1], n))
            targets.append(rng.integers(first[t], first[t + 1], n))
            each_weight.append(redrawn(lambda n: rng.normal(w, abs(w) * p["w_spread"], n), lambda x: x * w >= 0, n))
            each_delay.append(redrawn(lambda n: rng.normal(delay, delay * p["d_spread"], n), lambda x: x >= 0.05, n))
    synapses = b.Synapses(cells, cells, "w : 1", on_pre="i_syn_post += w")
    synapses.connect(i=np.concatenate(sources), j=np.concatenate(targets))
    synapses.w = np.concatenate(each_weight)
    synapses.delay = np.maximum(0.1, np.concatenate(each_delay)) * b.ms
    return cells, [synapses], int(numbers.sum())


NETWORKS = {"brunel": brunel, "cuba": cuba, "sparse": sparse, "microcircuit": cortical_microcircuit, "stdp": stdp}


def main():
    a = options(__doc__).parse_args()
    started = time.perf_counter()
    import brian2 as b

    directory = tempfile.mkdtemp(prefix="brian2_")
    try:
        b.prefs.codegen.cpp.extra_compile_args_gcc = [
            "-w", "-O3", "-ffast-math", "-march=native", "-fno-finite-math-only", "-std=c++17"]
        b.set_device("cpp_standalone", directory=directory, build_on_run=False)
        if a.threads > 1:
            b.prefs.devices.cpp_standalone.openmp_threads = a.threads
        b.seed(a.seed)
        b.defaultclock.dt = 0.1 * b.ms
        cells, parts, synapses = NETWORKS[a.network](b, a)
        # Without --record the monitor only counts.
        monitor = b.SpikeMonitor(cells, record=a.record)
        network = b.Network(cells, monitor, *parts)
        b.device.insert_code("before_start", PROBE)
        b.device.insert_code("before_network_run", PROBE)
        b.device.insert_code("after_network_run", PROBE)
        network.run(a.warm_up * b.ms)
        network.run(a.simulated * b.ms)
        compiling = time.perf_counter()
        b.device.build(directory=directory, compile=True, run=False, debug=False, clean=False)
        compiled = time.perf_counter()
        subprocess.run(["./main"], cwd=directory, stdout=subprocess.DEVNULL, check=True)
        with open(os.path.join(directory, "probes.txt")) as f:
            start, warming, warm, running, end = [[float(x) for x in line.split()] for line in f]
        # Spikes of the warm-up are in the total of the monitor: tell them apart by their times.
        b.get_device().has_been_run = True
        spikes = int(monitor.num_spikes)
        if a.record:
            spikes = int(np.count_nonzero(np.asarray(monitor.t / b.ms) >= a.warm_up - 0.05))
        page = os.sysconf("SC_PAGE_SIZE")
        tell(a, f"Brian2 {b.__version__}", neurons=len(cells), synapses=synapses, spikes=spikes,
             build_s=compiling - started + warming[0] - start[0], compile_s=compiled - compiling,
             wall_s=end[0] - running[0], cpu_s=end[1] - running[1], before=start[2] * page, after=warm[2] * page)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
