//! The networks of the comparison. That each is the same in all simulators is to be seen from its
//! rates, and from tools/peers, where the parameters stand beside the names used here.

use super::environment::Peer;

/// A network and how everybody is told to run it.
pub struct Network {
    /// Name for `--only`.
    pub name: &'static str,
    pub definition: &'static str,
    pub sets: &'static [&'static str],
    pub arithmetics: &'static [&'static str],
    /// Arguments of the peers' scripts; empty: ours alone.
    pub script: &'static [&'static str],
    pub peers: &'static [Peer],
    /// Peers that need more than a few minutes: with `--full` only.
    pub slow_peers: &'static [Peer],
    /// Needs more than a few minutes, or much of the memory: with `--full` only.
    pub full: bool,
    pub about: &'static str,
}

const BOTH: &[Peer] = &Peer::ALL;
const EACH: &[&str] = &["double", "single", "fixed"];
const STDP: &str = "networks/learning/brunel_stdp.toml";
const SPARSE: &str = "networks/sparse.toml";

const PLAIN: Network = Network {
    name: "",
    definition: "",
    sets: &[],
    arithmetics: EACH,
    script: &[],
    peers: &[],
    slow_peers: &[],
    full: false,
    about: "",
};

pub const NETWORKS: &[Network] = &[
    Network {
        name: "brunel",
        definition: "networks/brunel.toml",
        script: &["brunel"],
        peers: BOTH,
        about: "12,500 neurons, 15.6 M synapses, 20 kHz Poisson per neuron",
        ..PLAIN
    },
    Network {
        name: "cuba",
        definition: "networks/vogels_abbott_cuba.toml",
        script: &["cuba"],
        peers: BOTH,
        about: "4,000 neurons, 0.32 M synapses",
        ..PLAIN
    },
    Network {
        name: "sparse",
        definition: SPARSE,
        script: &["sparse"],
        peers: BOTH,
        about: "20,000 neurons, 20 M synapses",
        ..PLAIN
    },
    Network {
        name: "sparse-100k",
        definition: SPARSE,
        sets: &["neurons=100000"],
        script: &["sparse", "--neurons", "100000"],
        peers: BOTH,
        about: "100,000 neurons, 101 M synapses",
        ..PLAIN
    },
    Network {
        name: "silence",
        definition: SPARSE,
        sets: &["input_rate=1 Hz"],
        script: &["sparse", "--input-rate", "1"],
        peers: BOTH,
        about: "sparse with a tenth of the input: near silence",
        ..PLAIN
    },
    Network {
        name: "silence-100k",
        definition: SPARSE,
        sets: &["neurons=100000", "input_rate=1 Hz"],
        about: "the same with 100,000 neurons",
        ..PLAIN
    },
    Network {
        name: "sparse-1us",
        definition: SPARSE,
        sets: &["simulation.resolution=1 us"],
        about: "sparse, a hundred times finer in time",
        ..PLAIN
    },
    Network {
        name: "stdp",
        definition: STDP,
        arithmetics: &["double", "single"],
        script: &["stdp"],
        peers: &[Peer::Brian2],
        about: "brunel, of whose synapses 10 M learn by STDP, with axonal delays as in Brian2",
        ..PLAIN
    },
    Network {
        name: "stdp-dendritic",
        definition: STDP,
        sets: &["axon=0 ms"],
        arithmetics: &["double", "single"],
        script: &["stdp"],
        peers: &[Peer::Nest],
        about: "the same with dendritic delays as in NEST",
        ..PLAIN
    },
    Network {
        name: "microcircuit-0.1",
        definition: "networks/microcircuit.toml",
        sets: &["scale=0.1"],
        script: &["microcircuit", "--scale", "0.1"],
        peers: BOTH,
        about: "7,717 neurons, 3 M synapses with weights and delays of their own",
        ..PLAIN
    },
    Network {
        name: "microcircuit",
        definition: "networks/microcircuit.toml",
        script: &["microcircuit", "--scale", "1"],
        // Brian2 would need 43 GB.
        slow_peers: &[Peer::Nest],
        about: "77,169 neurons, 299 M synapses with weights and delays of their own",
        ..PLAIN
    },
    Network {
        name: "billion",
        definition: "networks/billion.toml",
        arithmetics: &["fixed"],
        full: true,
        about: "1,000,000 neurons, 1,000 M synapses with weights and delays of their own",
        ..PLAIN
    },
];
