#!/usr/bin/env python3
"""Small ONNX files of single operators and of whole networks, with inputs and outputs.

Writes tests/data/models/operators.zip: NAME.onnx, and NAME.x.npy and NAME.y.npy as computed by ONNX Runtime
(by the reference evaluator of the onnx package where the runtime lacks the operator or version).
Needs numpy, onnx and onnxruntime:  python tools/onnx_operators.py tests/data/models/operators.zip
"""
import io, sys, zipfile
import numpy as np, onnx, onnxruntime as ort
from onnx import helper as h, numpy_helper as nh, TensorProto as T
from onnx.reference import ReferenceEvaluator

rng = np.random.default_rng(20260101)
out = {}

def f(*shape, low=-1.0, high=1.0):
    return rng.uniform(low, high, shape).astype(np.float32)

def case(name, nodes, x, consts=None, opset=17, typed=False, inputs_too=False, dims=None, ir=8, functions=(), domains=(), outs="y"):
    """nodes: list of (op, inputs, outputs, attributes); x: samples."""
    consts = consts or {}
    inits = []
    for k, v in consts.items():
        t = nh.from_array(np.asarray(v), k)
        if typed:
            t = h.make_tensor(k, t.data_type, t.dims, np.asarray(v).flatten().tolist())
        inits.append(t)
    ns = [n if isinstance(n, onnx.NodeProto) else h.make_node(n[0], n[1].split(), n[2].split(), name=f"{n[0]}_{i}", **(n[3] if len(n) > 3 else {})) for i, n in enumerate(nodes)]
    dims = dims or ["N"] + list(x.shape[1:])
    ins = [h.make_tensor_value_info("x", T.FLOAT, dims)]
    if inputs_too:
        ins += [h.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in inits]
    g = h.make_graph(ns, name, ins, [h.make_tensor_value_info(outs, T.FLOAT, None)], inits)
    m = h.make_model(g, opset_imports=[h.make_opsetid("", opset)] + list(domains), ir_version=ir, functions=list(functions))
    data = m.SerializeToString()
    try:
        s = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
        if dims[0] != "N" and dims[0] != x.shape[0]:
            y = np.concatenate([s.run(None, {"x": x[i:i + 1]})[0] for i in range(len(x))])
        else:
            y = s.run(None, {"x": x})[0]
    except Exception as e:
        print(name, "by the reference:", str(e)[:90])
        y = ReferenceEvaluator(m).run(None, {"x": x})[0]
    out[name] = (data, x, np.asarray(y, dtype=np.float32))

img = lambda c=2, hh=6, w=5, n=3: f(n, c, hh, w)
I = lambda *a: np.array(a, np.int64)

# Dense.
case("gemm", [("Gemm", "x w b", "y", dict(alpha=0.5, beta=2.0, transB=1))], f(3, 4), dict(w=f(5, 4), b=f(5)))
case("gemm_no_trans", [("Gemm", "x w b", "y")], f(3, 4), dict(w=f(4, 5), b=f(1, 5)))
case("gemm_typed_8", [("Gemm", "x w b", "y")], f(3, 4), dict(w=f(4, 5), b=f(5)), opset=8, typed=True, inputs_too=True, ir=3)
case("gemm_no_bias", [("Gemm", "x w", "y")], f(3, 4), dict(w=f(4, 5)))
case("matmul_add", [("MatMul", "x w", "a"), ("Add", "b a", "y")], f(3, 4), dict(w=f(4, 5), b=f(5)))
case("matmul_sequence", [("MatMul", "x w", "a"), ("Add", "a b", "c"), ("Relu", "c", "d"), ("MatMul", "d v", "e"), ("ReduceMean", "e", "y", dict(axes=[1], keepdims=0))], f(3, 6, 4), dict(w=f(4, 5), b=f(5), v=f(5, 3)))
case("matmul_vector", [("MatMul", "x w", "y")], f(3, 2, 4), dict(w=f(4)))
# Convolutions.
case("conv", [("Conv", "x w b", "y", dict(kernel_shape=[3, 2], pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2]))], img(), dict(w=f(4, 2, 3, 2), b=f(4)))
case("conv_groups", [("Conv", "x w b", "y", dict(group=2, pads=[1, 1, 1, 1]))], img(4), dict(w=f(6, 2, 3, 3), b=f(6)))
case("conv_depthwise", [("Conv", "x w", "y", dict(group=3, strides=[2, 2]))], img(3), dict(w=f(6, 1, 3, 3)))
case("conv_1d", [("Conv", "x w b", "y", dict(pads=[2, 1], dilations=[2]))], f(3, 2, 9), dict(w=f(4, 2, 3), b=f(4)))
for auto in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
    case("conv_" + auto.lower(), [("Conv", "x w", "y", dict(auto_pad=auto, strides=[2, 2]))], img(2, 6, 7), dict(w=f(3, 2, 4, 3)))
case("conv_transpose", [("ConvTranspose", "x w b", "y", dict(strides=[2, 1], pads=[1, 0, 0, 1], output_padding=[1, 0], dilations=[1, 2]))], img(), dict(w=f(2, 3, 3, 2), b=f(3)))
case("conv_transpose_groups", [("ConvTranspose", "x w", "y", dict(strides=[2, 2], group=2))], img(4), dict(w=f(4, 3, 2, 2)))
case("conv_transpose_shape", [("ConvTranspose", "x w", "y", dict(strides=[2, 2], output_shape=[12, 11]))], img(), dict(w=f(2, 2, 3, 3)))
case("conv_transpose_same", [("ConvTranspose", "x w", "y", dict(strides=[2, 2], auto_pad="SAME_UPPER"))], img(), dict(w=f(2, 2, 3, 3)))
case("conv_transpose_1d", [("ConvTranspose", "x w", "y", dict(strides=[3]))], f(3, 2, 5), dict(w=f(2, 2, 4)))
# Batch norm, wherever it stands.
bn = lambda c: dict(s=f(c, low=0.2), b=f(c), m=f(c), v=f(c, low=0.1))
case("bn_after_conv", [("Conv", "x w", "a", dict(pads=[1, 1, 1, 1])), ("BatchNormalization", "a s b m v", "y", dict(epsilon=1e-3))], img(), dict(w=f(3, 2, 3, 3), **bn(3)))
case("bn_before_conv", [("BatchNormalization", "x s b m v", "a"), ("Conv", "a w", "y", dict(pads=[1, 1, 1, 1]))], img(), dict(w=f(3, 2, 3, 3), **bn(2)))
case("bn_old", [("BatchNormalization", "x s b m v", "y", dict(momentum=0.9))], img(), bn(2), opset=8, ir=3)
case("bn_dense", [("Gemm", "x w", "a"), ("BatchNormalization", "a s b m v", "c"), ("Relu", "c", "y")], f(3, 4), dict(w=f(4, 5), **bn(5)))
case("bn_relu_pool_dense", [("Relu", "x", "r"), ("BatchNormalization", "r s b m v", "a"), ("MaxPool", "a", "p", dict(kernel_shape=[2, 2], strides=[2, 2])), ("Flatten", "p", "q"), ("Gemm", "q w", "y")], img(2, 6, 6), dict(w=f(18, 5), **bn(2)))
# Activations.
case("relu", [("Relu", "x", "y")], img())
case("leaky_relu", [("LeakyRelu", "x", "y", dict(alpha=0.2))], img())
case("leaky_relu_default", [("LeakyRelu", "x", "y")], img())
case("prelu_channel", [("PRelu", "x s", "y")], img(), dict(s=f(2, 1, 1)))
case("prelu_one", [("PRelu", "x s", "y")], img(), dict(s=f(1)))
case("prelu_dense", [("PRelu", "x s", "y")], f(3, 4), dict(s=f(4)))
case("clip_10", [("Clip", "x", "y", dict(min=0.0, max=0.4))], img(), opset=10, ir=5)
case("clip_13", [("Clip", "x lo hi", "y")], img(), dict(lo=np.float32(-0.3), hi=np.float32(0.4)))
case("clip_high_only", [("Constant", "", "hi", dict(value=nh.from_array(np.float32(0.4)))), h.make_node("Clip", ["x", "", "hi"], ["y"])], img())
case("hard_sigmoid", [("HardSigmoid", "x", "y", dict(alpha=0.7, beta=0.3))], img())
case("abs_neg", [("Neg", "x", "a"), ("Abs", "x", "b"), ("Sub", "b a", "y")], img())
# Several inputs.
case("maxout", [("Gemm", "x w", "a"), ("Gemm", "x v", "b"), ("Gemm", "x u", "c"), ("Max", "a b c", "y")], f(3, 4), dict(w=f(4, 5), v=f(4, 5), u=f(4, 5)))
case("maxout_reshape", [("Gemm", "x w", "a"), ("Reshape", "a s", "b"), ("ReduceMax", "b", "y", dict(axes=[2], keepdims=0))], f(3, 4), dict(w=f(4, 10), s=I(-1, 5, 2)))
case("min_of_two", [("Neg", "x", "a"), ("Min", "x a", "y")], img())
case("max_constant", [("Max", "x c", "y")], img(), dict(c=np.float32(0.1)))
case("max_per_channel", [("Max", "x c", "y")], img(), dict(c=f(2, 1, 1)))
case("min_per_channel", [("Min", "c x", "y")], img(), dict(c=f(2, 1, 1)))
case("sum_mean", [("Sum", "x x x", "a"), ("Mean", "a x", "y")], img())
case("residual", [("Conv", "x w", "a", dict(pads=[1, 1, 1, 1])), ("Relu", "a", "b"), ("Add", "b x", "c"), ("Sub", "c b", "y")], img(), dict(w=f(2, 2, 3, 3)))
case("add_spread", [("GlobalAveragePool", "x", "a"), ("Sub", "x a", "y")], img())
case("constants_left_and_right", [("Sub", "c x", "a"), ("Mul", "d a", "b"), ("Div", "b e", "g"), ("Sub", "g e", "y")], img(), dict(c=f(1, 2, 1, 1), d=np.float32(3.0), e=f(5, low=0.5)))
case("constant_grows", [("Add", "x c", "y")], f(3, 2, 1, 1), dict(c=f(2, 3, 4)))
case("concat", [("Relu", "x", "a"), ("Concat", "x a x", "y", dict(axis=1))], img())
case("concat_last", [("Relu", "x", "a"), ("Concat", "x a", "y", dict(axis=-1))], img())
# Pools.
for inc in [0, 1]:
    case(f"avg_pool_{inc}", [("AveragePool", "x", "y", dict(kernel_shape=[3, 2], strides=[2, 1], pads=[1, 1, 1, 0], count_include_pad=inc))], img(2, 7, 6))
    case(f"avg_pool_ceil_{inc}", [("AveragePool", "x", "y", dict(kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, count_include_pad=inc))], img(2, 7, 5))
case("avg_pool_same", [("AveragePool", "x", "y", dict(kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"))], img(2, 7, 6))
case("avg_pool_1d", [("AveragePool", "x", "y", dict(kernel_shape=[3], strides=[2]))], f(3, 2, 9))
case("max_pool", [("MaxPool", "x", "y", dict(kernel_shape=[3, 2], strides=[2, 1], pads=[1, 1, 1, 0]))], img(2, 7, 6))
case("max_pool_ceil_dilated", [("MaxPool", "x", "y", dict(kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, dilations=[2, 1]))], img(2, 7, 5))
case("max_pool_same_lower", [("MaxPool", "x", "y", dict(kernel_shape=[2, 3], strides=[1, 2], auto_pad="SAME_LOWER"))], img(2, 7, 6))
case("max_pool_1d", [("MaxPool", "x", "y", dict(kernel_shape=[2], strides=[2]))], f(3, 2, 9))
case("global_pools", [("GlobalAveragePool", "x", "a"), ("GlobalMaxPool", "x", "b"), ("Concat", "a b", "y", dict(axis=1))], img())
case("reduce_mean", [("ReduceMean", "x", "y", dict(axes=[2, 3], keepdims=0))], img())
case("reduce_mean_channels", [("ReduceMean", "x", "y", dict(axes=[1]))], img())
case("reduce_mean_18", [("ReduceMean", "x a", "y", dict(keepdims=0))], img(), dict(a=I(-1)), opset=18)
case("reduce_sum", [("ReduceSum", "x a", "y")], img(), dict(a=I(2, 3)))
case("reduce_max_mixed", [("ReduceMax", "x", "y", dict(axes=[1, 3], keepdims=0))], img())
# Moving elements.
case("flatten_reshape", [("Reshape", "x s", "a"), ("Flatten", "a", "y")], img(), dict(s=I(0, 5, -1)))
case("reshape_fixed_batch", [("Reshape", "x s", "y")], img(2, 3, 2), dict(s=I(1, 12)), dims=[1, 2, 3, 2])
case("reshape_attribute_8", [("Relu", "x", "a"), ("Reshape", "a s", "y")], img(2, 3, 2), dict(s=I(-1, 12)), opset=8, ir=3)
case("squeeze_11", [("GlobalAveragePool", "x", "a"), ("Squeeze", "a", "b", dict(axes=[2, 3])), ("Unsqueeze", "b", "y", dict(axes=[1]))], img(), opset=11)
case("squeeze_13", [("GlobalAveragePool", "x", "a"), ("Squeeze", "a s", "b"), ("Unsqueeze", "b u", "y")], img(), dict(s=I(2, 3), u=I(-1)))
case("transpose_dense", [("Conv", "x w", "a"), ("Transpose", "a", "b", dict(perm=[0, 2, 3, 1])), ("Reshape", "b s", "c"), ("MatMul", "c v", "y")], img(2, 4, 4), dict(w=f(3, 2, 3, 3), s=I(-1, 12), v=f(12, 4)))
case("transpose_relu", [("Transpose", "x", "a", dict(perm=[0, 3, 1, 2])), ("Relu", "a", "b"), ("Add", "b c", "y")], img(), dict(c=f(5, 1, 6)))
case("channel_shuffle", [("Reshape", "x s", "a"), ("Transpose", "a", "b", dict(perm=[0, 2, 1, 3, 4])), ("Reshape", "b t", "c"), ("Conv", "c w", "y")], img(4), dict(s=I(0, 2, 2, 6, 5), t=I(0, 4, 6, 5), w=f(2, 4, 1, 1)))
case("nhwc", [("Sub", "x m", "n"), ("Transpose", "n", "a", dict(perm=[0, 3, 1, 2])), ("Conv", "a w", "b", dict(auto_pad="SAME_UPPER")), ("Relu", "b", "c"), ("Transpose", "c", "d", dict(perm=[0, 2, 3, 1])), ("Add", "d e", "g"), ("Reshape", "g s", "k"), ("MatMul", "k v", "l"), ("Softmax", "l", "y")], f(3, 4, 4, 2), dict(m=f(2), w=f(3, 2, 3, 3), e=f(3), s=I(-1, 48), v=f(48, 4)))
case("slice_gather", [("Slice", "x st en ax sp", "a"), ("Gather", "a i", "y", dict(axis=3))], img(2, 6, 7), dict(st=I(5, 0), en=I(-100, 2), ax=I(2, 1), sp=I(-2, 1), i=I(3, -1, 0)))
case("slice_9", [("Slice", "x", "y", dict(starts=[1, 1], ends=[4, 1000], axes=[2, 3]))], img(), opset=9, ir=4)
case("gather_scalar", [("Gather", "x i", "y", dict(axis=1))], img(), dict(i=np.int64(1)))
case("split_13", [("Split", "x s", "a b", dict(axis=1)), ("Sub", "a b", "y")], img(4), dict(s=I(2, 2)))
case("split_18", [("Split", "x", "a b", dict(axis=3, num_outputs=2)), ("Concat", "b a", "y", dict(axis=3))], img(), opset=18)
case("pad_conv", [("Pad", "x p v", "a"), ("Conv", "a w", "y")], img(), dict(p=I(0, 0, 1, 0, 0, 0, 2, 1), v=np.float32(0), w=f(2, 2, 3, 3)))
case("pad_value", [("Pad", "x p v", "y")], img(), dict(p=I(0, 1, 1, 0, 0, 0, -2, 1), v=np.float32(0.5)))
case("pad_2", [("Pad", "x", "y", dict(pads=[0, 0, 1, 1, 0, 0, 1, 0], mode="reflect"))], img(), opset=10, ir=5)
case("pad_edge", [("Pad", "x p", "y", dict(mode="edge"))], img(), dict(p=I(0, 0, 2, 1, 0, 0, 1, 3)))
case("pad_channels", [("Pad", "x p", "y")], img(), dict(p=I(0, 1, 0, 0, 0, 2, 0, 0)))
case("expand", [("GlobalAveragePool", "x", "a"), ("Expand", "a s", "y")], img(), dict(s=I(1, 1, 3, 4)))
case("depth_to_space", [("DepthToSpace", "x", "a", dict(blocksize=2, mode="CRD")), ("Relu", "a", "b"), ("SpaceToDepth", "b", "y", dict(blocksize=2))], img(8, 3, 2))
case("depth_to_space_dcr", [("DepthToSpace", "x", "y", dict(blocksize=2))], img(8, 3, 2))
case("resize_nearest", [h.make_node("Resize", ["x", "", "s"], ["y"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")], img(), dict(s=np.array([1, 1, 2, 3], np.float32)))
case("resize_sizes", [h.make_node("Resize", ["x", "", "", "s"], ["y"], mode="nearest")], img(), dict(s=I(3, 2, 4, 9)), dims=[3, 2, 6, 5])
case("upsample_9", [("Upsample", "x s", "y", dict(mode="nearest"))], img(), dict(s=np.array([1, 1, 2, 2], np.float32)), opset=9, ir=4)
# Nothing, and last steps.
case("dropout_12", [("Identity", "x", "a"), ("Dropout", "a r t", "b"), ("Cast", "b", "y", dict(to=1))], img(), dict(r=np.float32(0.5), t=np.array(False)))
case("dropout_7", [("Dropout", "x", "y", dict(ratio=0.5))], img(), opset=8, ir=3)
case("softmax_8", [("Gemm", "x w", "a"), ("Softmax", "a", "y")], f(3, 4), dict(w=f(4, 5)), opset=8, ir=3)
case("softmax_13", [("Gemm", "x w", "a"), ("Softmax", "a", "y", dict(axis=1))], f(3, 4), dict(w=f(4, 5)))
case("log_softmax", [("Gemm", "x w", "a"), ("LogSoftmax", "a", "y")], f(3, 4), dict(w=f(4, 5)))
case("log_of_softmax", [("Gemm", "x w", "a"), ("Softmax", "a", "b"), ("Log", "b", "y")], f(3, 4), dict(w=f(4, 5)))
case("sigmoid_flat", [("Gemm", "x w", "a"), ("Sigmoid", "a", "b"), ("Flatten", "b", "y")], f(3, 4), dict(w=f(4, 5)))
# Shapes computed at run time.
case("view_of_size", [("Conv", "x w", "a"), ("Shape", "a", "s"), ("Gather", "s zero", "n"), ("Unsqueeze", "n ax", "n1"), ("Concat", "n1 minus", "t", dict(axis=0)), ("Reshape", "a t", "y")], img(), dict(w=f(3, 2, 3, 3), zero=np.int64(0), ax=I(0), minus=I(-1)))
case("view_of_product", [("Shape", "x", "s"), ("Slice", "s one four", "d"), ("ReduceProd", "d", "p", dict(keepdims=1)), ("Concat", "minus p", "t", dict(axis=0)), ("Reshape", "x t", "y")] if False else
     [("Shape", "x", "s"), ("Gather", "s i1", "c"), ("Gather", "s i2", "hh"), ("Gather", "s i3", "w"), ("Mul", "c hh", "p"), ("Mul", "p w", "q"), ("Unsqueeze", "q ax", "q1"), ("Concat", "minus q1", "t", dict(axis=0)), ("Reshape", "x t", "y")], img(), dict(i1=np.int64(1), i2=np.int64(2), i3=np.int64(3), ax=I(0), minus=I(-1)))
case("samples_times", [("Shape", "x", "s"), ("Slice", "s a b", "n"), ("Mul", "n k", "m"), ("Div", "m k", "n1"), ("Concat", "n1 d", "t", dict(axis=0)), ("Reshape", "x t", "y")], img(), dict(a=I(0), b=I(1), k=I(30), d=I(60)))
case("expand_where", [("GlobalAveragePool", "x", "g"), ("Constant", "", "e", dict(value_ints=[-1, 2, 3, 4])), ("ConstantOfShape", "four", "ones", dict(value=nh.from_array(np.array([1], np.int64)))), ("Mul", "ones m1", "neg"), ("Equal", "e neg", "q"), ("Where", "q ones e", "t"), ("Expand", "g t", "y")], img(), dict(four=I(4), m1=np.int64(-1)))
case("zero_pad_chain", [("ConstantOfShape", "four", "z", dict(value=nh.from_array(np.array([0], np.int64)))), ("Concat", "p z", "a", dict(axis=0)), ("Reshape", "a m2", "b"), ("Slice", "b st en ax sp", "c"), ("Transpose", "c", "d", dict(perm=[1, 0])), ("Reshape", "d m1", "e"), ("Cast", "e", "g", dict(to=7)), ("Pad", "x g zero", "y")], img(), dict(four=I(4), p=I(1, 2, 0, 1), m2=I(-1, 2), st=I(-1), en=I(-9223372036854775807), ax=I(0), sp=I(-1), m1=I(-1), zero=np.float32(0)))
case("dequantized_weights", [("DequantizeLinear", "q s z", "w", dict(axis=0)), ("Gemm", "x w", "y", dict(transB=1))], f(3, 4), dict(q=rng.integers(-128, 127, (5, 4)).astype(np.int8), s=f(5, low=0.01, high=0.02), z=rng.integers(-3, 3, 5).astype(np.int8)))
case("half_weights", [("Cast", "h", "w", dict(to=1)), ("MatMul", "x w", "y")], f(3, 4), dict(h=f(4, 5).astype(np.float16)))
# Functions of the file itself, as PyTorch's second exporter writes them.
fn = h.make_function("pkg.test", "LinearRelu", ["a", "w", "b"], ["r"], [h.make_node("Gemm", ["a", "w", "b"], ["t"], transB=1), h.make_node("pkg.test.act", ["t"], ["r"], domain="pkg.test")][:1] + [h.make_node("Act", ["t"], ["r"], domain="pkg.test")], [h.make_opsetid("", 18), h.make_opsetid("pkg.test", 1)])
leaky = onnx.helper.make_node("LeakyRelu", ["v"], ["u"]); ra = onnx.AttributeProto(); ra.name = "alpha"; ra.ref_attr_name = "slope"; ra.type = onnx.AttributeProto.FLOAT; leaky.attribute.append(ra)
act = h.make_function("pkg.test", "Act", ["v"], ["u"], [leaky], [h.make_opsetid("", 18)], attribute_protos=[h.make_attribute("slope", 0.25)])
case("functions", [h.make_node("LinearRelu", ["x", "w", "b"], ["m"], domain="pkg.test", name="one"), h.make_node("LinearRelu", ["m", "v", "c"], ["n"], domain="pkg.test", name="two"), h.make_node("Act", ["n"], ["y"], domain="pkg.test", name="three", slope=0.5)], f(3, 4), dict(w=f(5, 4), b=f(5), v=f(2, 5), c=f(2)), opset=18, functions=[fn, act], domains=[h.make_opsetid("pkg.test", 1)])
# Operator set 21.
case("opset_21", [("Conv", "x w b", "a", dict(pads=[1, 1, 1, 1])), ("Relu", "a", "r"), ("ReduceMean", "r ax", "m", dict(keepdims=0)), ("Gemm", "m v", "y")], img(), dict(w=f(3, 2, 3, 3), b=f(3), ax=I(2, 3), v=f(3, 2)), opset=21, ir=10)

# Appended later, so that the numbers of those before stay the same.
case("prelu_list_of_channels", [("PRelu", "x s", "y")], img(), dict(s=f(2)), opset=6, ir=3)
case("tile", [("Tile", "x r", "y")], img(), dict(r=I(1, 2, 1, 3)))

def npy(a):
    b = io.BytesIO(); np.save(b, a); return b.getvalue()

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for name, (data, x, y) in sorted(out.items()):
        for ending, content in [("onnx", data), ("x.npy", npy(x)), ("y.npy", npy(y))]:
            info = zipfile.ZipInfo(f"{name}.{ending}", (2026, 1, 1, 0, 0, 0)); info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, content)
print(len(out), "cases")
