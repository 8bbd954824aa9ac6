//! What each kind of stimulus is and which keys it takes, as users see it.

/// A key of a stimulus in a definition file.
#[derive(Debug)]
pub struct KeyDef {
    pub name: &'static str,
    /// What is expected, in words and by example.
    pub expects: &'static str,
    pub doc: &'static str,
}

#[derive(Debug)]
pub struct StimulusDef {
    pub name: &'static str,
    pub summary: &'static str,
    pub keys: &'static [KeyDef],
    /// May have a `size` and be the `from` of projections.
    pub as_source: bool,
    /// May have a `to`: private and undelayed.
    pub as_drive: bool,
    pub reference: &'static str,
}

const START: KeyDef = KeyDef {
    name: "start",
    expects: "a time, \"0 ms\" unless given",
    doc: "active after this time",
};
const STOP: KeyDef = KeyDef {
    name: "stop",
    expects: "a time, the end of the run unless given",
    doc: "active up to and including this time",
};

pub static POISSON: StimulusDef = StimulusDef {
    name: "poisson",
    summary: "independent Poisson spike trains",
    keys: &[
        KeyDef {
            name: "rate",
            expects: "a rate (\"20 kHz\"), or steps ({ times = [\"0 ms\", \"500 ms\"], values = [\"10 Hz\", \"20 Hz\"] }), or one rate per element ({ file = \"rates.csv\" })",
            doc: "expected spikes per unit of time of one train",
        },
        START,
        STOP,
    ],
    as_source: true,
    as_drive: true,
    reference: "counts per tick by inversion where many events fall on a tick, exponential gaps where few do",
};

pub static SPIKE_LIST: StimulusDef = StimulusDef {
    name: "spike_list",
    summary: "spikes at stated times, inline or from a file",
    keys: &[
        KeyDef {
            name: "times",
            expects: "a list of times (one element), or a list of lists (one list per element)",
            doc: "spike times, rounded to ticks with a warning where they are no multiples",
        },
        KeyDef {
            name: "file",
            expects: "a CSV file with columns time_ms and neuron (also: input, node_id), or a SONATA spike file (.h5)",
            doc: "where the spikes are, relative to the definition",
        },
        KeyDef {
            name: "population",
            expects: "a name",
            doc: "population inside a SONATA file that holds several",
        },
    ],
    as_source: true,
    as_drive: true,
    reference: "SONATA spike reports, Dai et al. (2020) PLoS Comput. Biol. 16:e1007696",
};

pub static REGULAR: StimulusDef = StimulusDef {
    name: "regular",
    summary: "spikes at a constant interval",
    keys: &[
        KeyDef {
            name: "interval",
            expects: "a time of at least one tick",
            doc: "time from spike to spike; the first comes one interval after start",
        },
        START,
        STOP,
    ],
    as_source: true,
    as_drive: true,
    reference: "",
};

pub static STEP_CURRENT: StimulusDef = StimulusDef {
    name: "step_current",
    summary: "a current that changes at stated times and stays constant between them",
    keys: &[
        KeyDef {
            name: "times",
            expects: "a rising list of times",
            doc: "from each time on the amplitude of the same place holds; zero before the first",
        },
        KeyDef {
            name: "amplitudes",
            expects: "a list of currents, as long as times",
            doc: "injected current, added to I_e",
        },
    ],
    as_source: false,
    as_drive: true,
    reference: "NEST's step_current_generator, without its one-tick delay",
};
