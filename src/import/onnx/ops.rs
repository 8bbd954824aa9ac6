//! The operators that can be translated, in one table.

use super::build::Build;
use super::value::{Call, Value, Wrong};
use super::{elementwise, ending, layers, moves, reduce, resize, windows};

/// Translates a node with at least one activation among its inputs.
pub type Translator = fn(&mut Build, &Call<'_>) -> Result<Vec<Value>, Wrong>;

/// Name and translator. Operators on constants alone are in `constants`.
pub const OPERATORS: &[(&str, Translator)] = &[
    ("Gemm", layers::gemm),
    ("MatMul", layers::matmul),
    ("Conv", layers::conv),
    ("ConvTranspose", layers::conv),
    ("BatchNormalization", layers::batch_norm),
    ("Relu", elementwise::activation),
    ("LeakyRelu", elementwise::activation),
    ("PRelu", elementwise::activation),
    ("Clip", elementwise::activation),
    ("HardSigmoid", elementwise::activation),
    ("Abs", elementwise::absolute),
    ("Neg", elementwise::negate),
    ("Add", elementwise::arithmetic),
    ("Sub", elementwise::arithmetic),
    ("Mul", elementwise::arithmetic),
    ("Div", elementwise::arithmetic),
    ("Sum", elementwise::several),
    ("Mean", elementwise::several),
    ("Max", elementwise::several),
    ("Min", elementwise::several),
    ("AveragePool", windows::pool),
    ("MaxPool", windows::pool),
    ("GlobalAveragePool", windows::global_pool),
    ("GlobalMaxPool", windows::global_pool),
    ("ReduceMean", reduce::reduce),
    ("ReduceSum", reduce::reduce),
    ("ReduceMax", reduce::reduce),
    ("Concat", moves::concat),
    ("Flatten", moves::flatten),
    ("Reshape", moves::reshape),
    ("Squeeze", moves::squeeze),
    ("Unsqueeze", moves::unsqueeze),
    ("Transpose", moves::transpose),
    ("Expand", moves::expand),
    ("Tile", moves::tile),
    ("Gather", moves::gather),
    ("Slice", moves::slice),
    ("Split", moves::split),
    ("Pad", moves::pad),
    ("DepthToSpace", moves::blocks),
    ("SpaceToDepth", moves::blocks),
    ("Resize", resize::resize),
    ("Upsample", resize::resize),
    ("Identity", moves::same),
    ("Cast", moves::same),
    ("Dropout", moves::same),
    ("Shape", moves::shape_of),
    ("Size", moves::shape_of),
    ("Softmax", ending::finish),
    ("LogSoftmax", ending::finish),
    ("Sigmoid", ending::finish),
    ("Log", ending::finish),
    ("ArgMax", ending::finish),
];

/// The translator of an operator.
pub fn find(op: &str) -> Option<Translator> {
    OPERATORS.iter().find(|(n, _)| *n == op).map(|(_, t)| *t)
}

/// What to do about an operator that cannot be translated.
pub fn advice(op: &str) -> String {
    let why = match op {
        "Tanh" | "Elu" | "Selu" | "Celu" | "Gelu" | "Softplus" | "Softsign" | "Swish" | "Mish"
        | "HardSwish" | "Erf" | "ThresholdedRelu" | "Exp" | "Pow" | "Sqrt" | "Reciprocal" => {
            "train the network with ReLU, leaky ReLU, PReLU, ReLU6 or maxout instead"
        }
        "LSTM" | "GRU" | "RNN" => {
            "recurrent layers cannot be converted; import a spiking network as NIR"
        }
        "InstanceNormalization"
        | "LayerNormalization"
        | "GroupNormalization"
        | "LRN"
        | "LpNormalization"
        | "MeanVarianceNormalization"
        | "RMSNormalization" => "it depends on the sample; train with batch normalisation instead",
        "QuantizeLinear"
        | "DequantizeLinear"
        | "DynamicQuantizeLinear"
        | "QLinearConv"
        | "QLinearMatMul"
        | "ConvInteger"
        | "MatMulInteger" => "export the network in floats, before quantisation",
        "If" | "Loop" | "Scan" => {
            "control flow cannot be converted; export with fixed shapes, or simplify the file (onnxsim)"
        }
        "Einsum" | "Attention" | "MultiHeadAttention" => "attention has no spiking form here",
        "LpPool" => "use average or max pools",
        _ => "",
    };
    if !why.is_empty() {
        return why.into();
    }
    let all: Vec<&str> = OPERATORS.iter().map(|(n, _)| *n).collect();
    super::super::findings::suggest(op, &all)
}
