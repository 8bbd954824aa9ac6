//! The kinds of layers, with their parameters.
//!
//! The list is short on purpose: everything that files call by other names is brought into these
//! forms, so that whoever works on a graph has few cases. A layer of one spatial dimension is one of
//! two with height 1.

use serde::{Deserialize, Serialize};

/// What a node computes from its inputs. Written down, it is without its large lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// The input of the graph. Always node 0, and only there.
    Input,
    /// y = W x + b.
    Dense(Dense),
    /// Cross-correlation with zero padding, plus bias.
    Conv(Conv),
    /// Its transpose: every input element adds its kernel to the output, plus bias.
    ConvTranspose(Conv),
    /// y = scale x + shift, element by element.
    Scale(Scale),
    /// Weighted sum of inputs of the same shape, one coefficient for each.
    Sum(Vec<f32>),
    /// Largest of inputs of the same shape, element by element (maxout).
    Max,
    /// A non-linear function of each element.
    Activation(Activation),
    AvgPool(AvgPool),
    /// Largest element of each window; padding never wins.
    MaxPool(Window),
    /// Inputs one after the other along an axis (counted without the samples' axis).
    Concat(usize),
    /// The same elements in the same order under another shape.
    Reshape(Vec<usize>),
    /// Elements of the input in another order, or some of them, or constants between them.
    Select(Select),
    /// Zeros around the two last axes: top, left, bottom, right.
    Pad([usize; 4]),
}

/// A matrix and a bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    /// `outputs` rows of `inputs` numbers: `weight[to * inputs + from]`.
    #[serde(skip)]
    pub weight: Vec<f32>,
    /// One for each output.
    #[serde(skip)]
    pub bias: Vec<f32>,
}

/// A window that moves over the two last axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Window {
    /// Height and width.
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Top, left, bottom, right.
    pub pads: [usize; 4],
    /// A last window that hangs over the padded edge counts (pools only).
    pub ceil: bool,
}

/// A convolution. Weights of `Conv` have the shape (outputs, inputs / groups, height, width), those
/// of `ConvTranspose` (inputs, outputs / groups, height, width).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Conv {
    pub inputs: usize,
    pub outputs: usize,
    pub groups: usize,
    pub window: Window,
    #[serde(skip)]
    pub weight: Vec<f32>,
    /// One for each output channel.
    #[serde(skip)]
    pub bias: Vec<f32>,
    /// Rows and columns added at the end of the output of a `ConvTranspose`.
    pub output_padding: [usize; 2],
}

/// Factors and offsets; each list has one entry, one for each channel (index of the first axis), or
/// one for each element. See [`spread`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scale {
    #[serde(skip)]
    pub scale: Vec<f32>,
    #[serde(skip)]
    pub shift: Vec<f32>,
}

/// Piecewise linear functions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x above 0, slope x below; slopes as the lists of [`Scale`].
    LeakyRelu(#[serde(skip)] Vec<f32>),
    /// x kept between two numbers (ReLU6: 0 and 6). Either may be infinite.
    Clip { low: f32, high: f32 },
}

/// Mean of each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AvgPool {
    pub window: Window,
    /// Does padding count in the number that is divided by? What hangs over beyond it never does.
    pub include_pad: bool,
}

/// Output element i is input element `from[i]`, or `fill` where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Select {
    pub shape: Vec<usize>,
    #[serde(skip)]
    pub from: Vec<Option<u32>>,
    pub fill: f32,
}

/// Which entry of a list of `n` belongs to element `i` of `len`: lists of one entry, of one for each
/// channel, and of one for each element are all read by the same rule.
#[inline]
pub fn spread(i: usize, len: usize, n: usize) -> usize {
    i / (len / n.max(1)).max(1)
}

/// The extents that windows see: channels, height, width. Missing axes are 1.
pub fn planes(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [] => [1, 1, 1],
        [c] => [c, 1, 1],
        [c, l] => [c, 1, l],
        [c, h, w] => [c, h, w],
        [c, h, ref rest @ ..] => [c, h, rest.iter().product()],
    }
}

impl Window {
    /// A window of that size, moved by 1, without padding.
    pub fn new(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            stride: [1, 1],
            dilation: [1, 1],
            pads: [0; 4],
            ceil: false,
        }
    }

    /// Rows (axis 0) or columns (axis 1) from the first to the last that one window covers.
    pub fn extent(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1)
            .saturating_mul(self.dilation[axis])
            .saturating_add(1)
    }

    /// Number of elements of a window.
    pub fn area(&self) -> usize {
        self.kernel[0].saturating_mul(self.kernel[1])
    }

    /// The input row (axis 0) or column (axis 1) under place `k` of window `at`, if it is not padding.
    #[inline]
    pub fn source(&self, axis: usize, at: usize, k: usize, size: usize) -> Option<usize> {
        (at * self.stride[axis] + k * self.dilation[axis])
            .checked_sub(self.pads[axis])
            .filter(|i| *i < size)
    }

    /// Does every window lie on the input as a whole?
    pub fn unpadded(&self) -> bool {
        self.pads == [0; 4] && !self.ceil
    }
}

impl AvgPool {
    /// What the sum of a window is divided by, for input planes of that size.
    pub fn divisor(&self, oy: usize, ox: usize, [_, h, w]: [usize; 3]) -> usize {
        self.divisor_along(0, oy, h) * self.divisor_along(1, ox, w)
    }

    /// The part of an axis with `size` places in the divisor of window `at`.
    pub fn divisor_along(&self, axis: usize, at: usize, size: usize) -> usize {
        let win = &self.window;
        let counts = |k: &usize| {
            if self.include_pad {
                let i = at * win.stride[axis] + k * win.dilation[axis];
                i < size + win.pads[axis] + win.pads[axis + 2]
            } else {
                win.source(axis, at, *k, size).is_some()
            }
        };
        (0..win.kernel[axis]).filter(counts).count().max(1)
    }
}

impl Op {
    /// Its name as the field knows it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Dense(_) => "dense",
            Self::Conv(c) if c.groups > 1 && c.groups == c.inputs => "depthwise conv",
            Self::Conv(_) => "conv",
            Self::ConvTranspose(_) => "conv transpose",
            Self::Scale(_) => "scale",
            Self::Sum(_) => "add",
            Self::Max => "max",
            Self::Activation(Activation::Relu) => "relu",
            Self::Activation(Activation::LeakyRelu(s)) if s.len() > 1 => "prelu",
            Self::Activation(Activation::LeakyRelu(_)) => "leaky relu",
            Self::Activation(Activation::Clip { low, high }) if *low == 0.0 && *high == 6.0 => {
                "relu6"
            }
            Self::Activation(Activation::Clip { .. }) => "clip",
            Self::AvgPool(_) => "average pool",
            Self::MaxPool(_) => "max pool",
            Self::Concat(_) => "concat",
            Self::Reshape(_) => "reshape",
            Self::Select(_) => "select",
            Self::Pad(_) => "pad",
        }
    }

    /// Numbers that were learned.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Dense(d) => d.weight.len() + d.bias.len(),
            Self::Conv(c) | Self::ConvTranspose(c) => c.weight.len() + c.bias.len(),
            Self::Scale(s) => s.scale.len() + s.shift.len(),
            Self::Activation(Activation::LeakyRelu(s)) => s.len(),
            _ => 0,
        }
    }

    /// Weights without biases: those of dense layers and convolutions.
    pub fn weights(&self) -> &[f32] {
        match self {
            Self::Dense(d) => &d.weight,
            Self::Conv(c) | Self::ConvTranspose(c) => &c.weight,
            _ => &[],
        }
    }

    /// Is the output an affine function of the inputs?
    pub fn is_affine(&self) -> bool {
        !matches!(
            self,
            Self::Input | Self::Max | Self::MaxPool(_) | Self::Activation(_)
        )
    }

    /// Does it only move elements, so that it costs a converter nothing but an index?
    pub fn is_wiring(&self) -> bool {
        matches!(
            self,
            Self::Concat(_) | Self::Reshape(_) | Self::Select(_) | Self::Pad(_)
        )
    }
}
