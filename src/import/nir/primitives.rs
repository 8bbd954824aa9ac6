//! The kinds of nodes of NIR and their parameters, in one table.
//!
//! Names are exactly those in files (NIR 1.0.8; Pedersen et al. 2024, Nature Communications 15:8122).
//! Files are in seconds and dimensionless potentials, whatever the documentation says.

/// A kind of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Input,
    Output,
    Affine,
    Linear,
    Scale,
    Conv1d,
    Conv2d,
    SumPool2d,
    AvgPool2d,
    Flatten,
    Delay,
    Threshold,
    I,
    If,
    Li,
    Lif,
    CubaLi,
    CubaLif,
}

/// What a file must and may say about a node.
#[derive(Debug)]
pub struct Primitive {
    pub kind: Kind,
    /// Its `type` in files.
    pub name: &'static str,
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// What it computes.
    pub equation: &'static str,
}

const fn primitive(
    kind: Kind,
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    equation: &'static str,
) -> Primitive {
    Primitive {
        kind,
        name,
        required,
        optional,
        equation,
    }
}

const WINDOW: &[&str] = &["weight", "stride", "padding", "dilation", "groups"];
const POOL: &[&str] = &["kernel_size", "stride", "padding"];

/// All kinds. Those that files of older versions lack are optional: `v_reset` (0 then) and `bias`.
pub const PRIMITIVES: &[Primitive] = &[
    primitive(Kind::Input, "Input", &["shape"], &[], "an entry"),
    primitive(Kind::Output, "Output", &["shape"], &[], "an exit"),
    primitive(
        Kind::Affine,
        "Affine",
        &["weight"],
        &["bias"],
        "y = W x + b",
    ),
    primitive(Kind::Linear, "Linear", &["weight"], &[], "y = W x"),
    primitive(Kind::Scale, "Scale", &["scale"], &[], "y = s x"),
    primitive(
        Kind::Conv1d,
        "Conv1d",
        WINDOW,
        &["bias", "input_shape"],
        "cross-correlation plus bias",
    ),
    primitive(
        Kind::Conv2d,
        "Conv2d",
        WINDOW,
        &["bias", "input_shape"],
        "cross-correlation plus bias",
    ),
    primitive(
        Kind::SumPool2d,
        "SumPool2d",
        POOL,
        &[],
        "sum of each window",
    ),
    primitive(
        Kind::AvgPool2d,
        "AvgPool2d",
        POOL,
        &[],
        "mean of each window",
    ),
    primitive(
        Kind::Flatten,
        "Flatten",
        &[],
        &["start_dim", "end_dim", "input_type"],
        "axes merged",
    ),
    primitive(Kind::Delay, "Delay", &["delay"], &[], "y(t) = x(t - delay)"),
    primitive(
        Kind::Threshold,
        "Threshold",
        &["threshold"],
        &[],
        "y = 1 if x > threshold, else 0",
    ),
    primitive(Kind::I, "I", &["r"], &[], "dv/dt = r x"),
    primitive(
        Kind::If,
        "IF",
        &["r", "v_threshold"],
        &["v_reset"],
        "dv/dt = r x; spike if v > v_threshold, then v = v_reset",
    ),
    primitive(
        Kind::Li,
        "LI",
        &["tau", "r", "v_leak"],
        &[],
        "tau dv/dt = v_leak - v + r x",
    ),
    primitive(
        Kind::Lif,
        "LIF",
        &["tau", "r", "v_leak", "v_threshold"],
        &["v_reset"],
        "tau dv/dt = v_leak - v + r x; spike if v > v_threshold, then v = v_reset",
    ),
    primitive(
        Kind::CubaLi,
        "CubaLI",
        &["tau_syn", "tau_mem", "r", "v_leak"],
        &["w_in"],
        "tau_syn dI/dt = -I + w_in x; tau_mem dv/dt = v_leak - v + r I",
    ),
    primitive(
        Kind::CubaLif,
        "CubaLIF",
        &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"],
        &["v_reset", "w_in"],
        "tau_syn dI/dt = -I + w_in x; tau_mem dv/dt = v_leak - v + r I; spike if v > v_threshold, then v = v_reset",
    ),
];

impl Kind {
    pub fn primitive(self) -> &'static Primitive {
        PRIMITIVES
            .iter()
            .find(|p| p.kind == self)
            .unwrap_or(&PRIMITIVES[0])
    }

    pub fn name(self) -> &'static str {
        self.primitive().name
    }

    /// Does it have a state of its own?
    pub fn is_neuron(self) -> bool {
        matches!(
            self,
            Self::I | Self::If | Self::Li | Self::Lif | Self::CubaLi | Self::CubaLif
        )
    }

    pub fn spikes(self) -> bool {
        matches!(self, Self::If | Self::Lif | Self::CubaLif)
    }

    /// Parameters with one number for each element of the layer.
    pub fn per_element(self) -> &'static [&'static str] {
        match self {
            Self::Scale => &["scale"],
            Self::Delay => &["delay"],
            Self::Threshold => &["threshold"],
            Self::I => &["r"],
            Self::If => &["r", "v_threshold", "v_reset"],
            Self::Li => &["tau", "r", "v_leak"],
            Self::Lif => &["tau", "r", "v_leak", "v_threshold", "v_reset"],
            Self::CubaLi => &["tau_syn", "tau_mem", "r", "v_leak", "w_in"],
            Self::CubaLif => &[
                "tau_syn",
                "tau_mem",
                "r",
                "v_leak",
                "v_threshold",
                "v_reset",
                "w_in",
            ],
            _ => &[],
        }
    }
}
