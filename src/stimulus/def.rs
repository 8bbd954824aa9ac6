//! What each kind of stimulus is and which keys it takes, as users see it.

/// A key of a stimulus in a definition file.
#[derive(Debug)]
pub struct KeyDef {
    pub name: &'static str,
    /// What is expected, in words and by example.
    pub expects: &'static str,
    pub doc: &'static str,
    pub shape: Shape,
}

/// What stands behind a key, as far as a JSON schema can say it.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number, a number with a unit, or an expression.
    Quantity,
    Quantities,
    /// Times, or a list of times for each element.
    Times,
    /// A constant, a list, or a column of a file.
    Values,
    /// `Values`, or a course over time.
    Rate,
    /// Numbers, or a list of numbers for each sample.
    Numbers,
    /// A range "0..10" or a list of whole numbers.
    Indices,
    Text,
    Boolean,
    Choice(&'static [&'static str]),
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

pub(super) const START: KeyDef = KeyDef {
    name: "start",
    expects: "a time, \"0 ms\" unless given",
    doc: "active after this time",
    shape: Shape::Quantity,
};
pub(super) const STOP: KeyDef = KeyDef {
    name: "stop",
    expects: "a time, the end of the run unless given",
    doc: "active up to and including this time",
    shape: Shape::Quantity,
};

pub static POISSON: StimulusDef = StimulusDef {
    name: "poisson",
    summary: "independent Poisson spike trains",
    keys: &[
        KeyDef {
            name: "rate",
            expects: "a rate (\"20 kHz\"), one per element, or a rate over time",
            doc: "expected spikes per unit of time of one train. Per element: a list, or { file = \"rates.csv\" }. Over time: { times = [\"0 ms\", \"500 ms\"], values = [\"10 Hz\", \"20 Hz\"] }, or { course = \"course.csv\" } (or .npy) with columns time_ms and rate_hz, or one column in Hz per element; zero before the first time, constant between the times (on straight lines with interpolate = \"linear\"), and the last value stays",
            shape: Shape::Rate,
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
            shape: Shape::Times,
        },
        KeyDef {
            name: "file",
            expects: "a CSV file with columns time_ms and neuron (also: input, node_id), or a SONATA spike file (.h5)",
            doc: "where the spikes are, relative to the definition",
            shape: Shape::Text,
        },
        KeyDef {
            name: "population",
            expects: "a name",
            doc: "population inside a SONATA file that holds several",
            shape: Shape::Text,
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
            shape: Shape::Quantity,
        },
        START,
        STOP,
    ],
    as_source: true,
    as_drive: true,
    reference: "",
};

pub static SINUSOIDAL_POISSON: StimulusDef = StimulusDef {
    name: "sinusoidal_poisson",
    summary: "independent Poisson spike trains with a sinusoidal rate, zero where it would be negative",
    keys: &[
        KeyDef {
            name: "rate",
            expects: "a rate (\"20 Hz\")",
            doc: "mean of the sinusoid: rate + amplitude sin(2 pi frequency t + phase), t from the beginning of the run",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "amplitude",
            expects: "a rate (\"10 Hz\")",
            doc: "amplitude of the sinusoid; where it exceeds the mean, the rate is cut off at zero",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "frequency",
            expects: "a rate (\"8 Hz\")",
            doc: "revolutions per unit of time",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "phase",
            expects: "a plain number, in degrees, 0 unless given",
            doc: "phase of the sinusoid at time 0 of the simulation",
            shape: Shape::Quantity,
        },
        START,
        STOP,
    ],
    as_source: true,
    as_drive: true,
    reference: "NEST's sinusoidal_poisson_generator with individual_spike_trains; counts have the integral of the rate over the tick",
};

pub static IMAGE: StimulusDef = StimulusDef {
    name: "image",
    summary: "arrays as input: pixels or features become rates, spike times or currents",
    keys: &[
        KeyDef {
            name: "file",
            expects: "a .png, .npy, .npz or .csv file",
            doc: "the array, relative to the definition; one sample, or samples along its first axis. Elements count row by row from the top left (C order), colours of a .png become their luma",
            shape: Shape::Text,
        },
        KeyDef {
            name: "array",
            expects: "a name",
            doc: "which array of a .npz file",
            shape: Shape::Text,
        },
        KeyDef {
            name: "values",
            expects: "a list of numbers, or a list of lists (one per sample)",
            doc: "the array itself, instead of a file",
            shape: Shape::Numbers,
        },
        KeyDef {
            name: "samples",
            expects: "a range (\"0..10\") or a list of whole numbers, all unless given",
            doc: "which samples, in the order in which they are shown",
            shape: Shape::Indices,
        },
        KeyDef {
            name: "encode",
            expects: "\"rate\", \"latency\" or \"current\"",
            doc: "what an intensity x from 0 to 1 becomes: a Poisson rate x max_rate; one spike, the earlier the larger x; a current x amplitude",
            shape: Shape::Choice(&ENCODINGS),
        },
        KeyDef {
            name: "duration",
            expects: "a time, the rest of the run unless given if there is one sample",
            doc: "how long a sample is shown",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "gap",
            expects: "a time, \"0 ms\" unless given",
            doc: "silence after each sample",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "start",
            expects: "a time, \"0 ms\" unless given",
            doc: "when the first sample begins",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "scale",
            expects: "a list of two numbers, [low, high]",
            doc: "numbers of the array that become intensity 0 and 1; no number may lie outside. Unless given: [0, 255] for bytes, [0, 65535] for unsigned 16 bits, [0, 1] for numbers with a fraction",
            shape: Shape::Quantities,
        },
        KeyDef {
            name: "invert",
            expects: "true or false, false unless given",
            doc: "1 - x instead of x: dark pixels are the strong ones",
            shape: Shape::Boolean,
        },
        KeyDef {
            name: "max_rate",
            expects: "a rate, with encode = \"rate\"",
            doc: "rate of an element of intensity 1",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "amplitude",
            expects: "a current, with encode = \"current\"",
            doc: "current into a target of intensity 1",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "curve",
            expects: "\"linear\" (unless given) or \"logarithmic\", with encode = \"latency\"",
            doc: "time after the onset of the sample: (1 - x) span, or tau ln(x / (x - theta)), the time at which a charging capacitor reaches theta",
            shape: Shape::Choice(&CURVES),
        },
        KeyDef {
            name: "span",
            expects: "a time, duration unless given, with curve = \"linear\"",
            doc: "latency of intensity 0",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "tau",
            expects: "a time, with curve = \"logarithmic\"",
            doc: "time constant of the charging",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "theta",
            expects: "a number from 0, 0 unless given; needed with curve = \"logarithmic\"",
            doc: "elements whose intensity is not above theta do not spike",
            shape: Shape::Quantity,
        },
    ],
    as_source: true,
    as_drive: true,
    reference: "rate and time-to-first-spike codes: Auge et al. (2021) Neural Process. Lett. 53:4693-4710; logarithmic curve as in snnTorch's spikegen.latency, Eshraghian et al. (2023) Proc. IEEE 111:1016-1054",
};

pub const ENCODINGS: [&str; 3] = ["rate", "latency", "current"];
pub const CURVES: [&str; 2] = ["linear", "logarithmic"];
