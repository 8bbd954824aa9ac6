#!/usr/bin/env python3
"""Small ONNX files that cannot be converted, each in its own way.

Needs numpy and onnx:  python tools/onnx_errors.py tests/data/models/errors
"""
import numpy as np, onnx, sys
from onnx import helper as h, numpy_helper as nh, TensorProto as T
rng=np.random.default_rng(1)
f=lambda *s: rng.uniform(-1,1,s).astype(np.float32)
d = sys.argv[1]
def save(name,nodes,inits,opset=17,shape=("N",4),outs=("y",)):
    g=h.make_graph(nodes,name,[h.make_tensor_value_info("x",T.FLOAT,list(shape))],[h.make_tensor_value_info(o,T.FLOAT,None) for o in outs],[nh.from_array(np.asarray(v),k) for k,v in inits.items()])
    onnx.save(h.make_model(g,opset_imports=[h.make_opsetid("",opset)],ir_version=8),f"{d}/{name}.onnx")
save("several_errors",[h.make_node("Tanh",["x"],["a"],name="squash"),h.make_node("Tanh",["x"],["a2"],name="squash2"),h.make_node("Gemm",["x","w"],["b"],name="first"),h.make_node("Softmax",["b"],["c"],name="gate"),h.make_node("Mul",["c","b"],["e"],name="gated"),h.make_node("LeekyRelu",["b"],["k"],name="typo"),h.make_node("Relu",["b"],["r"],name="fine",alhpa=1.0),h.make_node("Sum",["a","a2","e","k","r"],["y"],name="all")],dict(w=f(4,4)))
save("two_outputs",[h.make_node("Relu",["x"],["y"]),h.make_node("Neg",["x"],["z"])],{},outs=("y","z"))
save("open_shape",[h.make_node("Conv",["x","w"],["y"])],dict(w=f(2,3,3,3)),shape=("N",3,"height","width"))
save("misfit",[h.make_node("Gemm",["x","w"],["y"],name="dense")],dict(w=f(5,3)))
save("loop",[h.make_node("Add",["x","b"],["a"],name="one"),h.make_node("Relu",["a"],["b"],name="two"),h.make_node("Relu",["b"],["y"],name="three")],{})
