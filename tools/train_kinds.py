#!/usr/bin/env python3
"""Trains small networks of many kinds of layers and writes them as ONNX, with their outputs.

  python tools/train_kinds.py digits networks/models/digits.npz FOLDER
  python tools/train_kinds.py mnist mnist.npz FOLDER        (x_train, y_train, x_test, y_test)
  python tools/train_kinds.py vowels AEON_DATA tests/data/models

For each kind NAME.onnx and NAME.logits.npy, what ONNX Runtime gives for the test samples in order. AEON_DATA
is the folder aeon/datasets/data of the package aeon, which has JapaneseVowels; vowels.npz is written beside.
Names after the folder choose kinds. Needs numpy, jax, onnx and onnxruntime; one thread or many, a minute for
the digits, some minutes a network for MNIST.
"""
import sys
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np, onnx, onnxruntime
from jax import lax
from onnx import TensorProto, helper, numpy_helper


class Net:
    """Layers one after the other, each a number that later ones name; shapes are channels and extents."""

    def __init__(self, shape):
        self.nodes, self.shapes, self.weights = [("input", (), {})], [tuple(shape)], {}
        self.rng = np.random.default_rng(1)
        # Large images are looked at with larger steps.
        self.coarse = 2 if shape[-1] == 28 else 1

    def add(self, op, inputs, shape, weights=(), **how):
        n = len(self.nodes)
        self.nodes.append((op, inputs, how))
        self.shapes.append(tuple(shape))
        if weights:
            self.weights[str(n)] = [np.float32(w) for w in weights]
        return n

    def conv(self, x, out, kernel, stride=1, pad=0, groups=1):
        c, *extent = self.shapes[x]
        fan = c // groups * kernel ** len(extent)
        w = self.rng.normal(0, (2 / fan) ** 0.5, (out, c // groups) + (kernel,) * len(extent))
        shape = (out, *((e + 2 * pad - kernel) // stride + 1 for e in extent))
        return self.add("Conv", (x,), shape, (w, np.zeros(out)), stride=stride, pad=pad, groups=groups)

    def norm(self, x):
        c = self.shapes[x][0]
        return self.add("BatchNormalization", (x,), self.shapes[x], (np.ones(c), np.zeros(c)))

    def relu(self, x):
        return self.add("Relu", (x,), self.shapes[x])

    def relu6(self, x):
        return self.add("Clip", (x,), self.shapes[x])

    def leaky(self, x, slope):
        return self.add("LeakyRelu", (x,), self.shapes[x], slope=slope)

    def maxpool(self, x, kernel, stride=None, pad=0):
        stride = stride or kernel
        c, *extent = self.shapes[x]
        shape = (c, *((e + 2 * pad - kernel) // stride + 1 for e in extent))
        return self.add("MaxPool", (x,), shape, kernel=kernel, stride=stride, pad=pad)

    def mean(self, x):
        c, *extent = self.shapes[x]
        return self.add("GlobalAveragePool", (x,), (c, *(1 for _ in extent)))

    def sum(self, *x):
        return self.add("Add", x, self.shapes[x[0]])

    def concat(self, *x):
        return self.add("Concat", x, (sum(self.shapes[i][0] for i in x), *self.shapes[x[0]][1:]))

    def dense(self, x, out):
        n = int(np.prod(self.shapes[x]))
        w = self.rng.normal(0, (2 / n) ** 0.5, (out, n))
        return self.add("Gemm", (x,), (out,), (w, np.zeros(out)))


def maxpool(n, classes):
    """Pools behind an activation and before one."""
    x = n.maxpool(n.relu(n.conv(0, 8, 3, pad=1)), 2)
    x = n.relu(n.maxpool(n.conv(x, 16, 3, pad=1), 2))
    n.dense(x, classes)


def relu6_depthwise(n, classes):
    """Blocks as in MobileNet; the second activation reaches 6 often, since its scale begins high."""
    x = n.relu6(n.norm(n.conv(0, 8, 3, stride=n.coarse, pad=1)))
    for out, stride in [(16, 1), (24, 2)]:
        c = n.shapes[x][0]
        x = n.norm(n.conv(x, c, 3, stride=stride, pad=1, groups=c))
        n.weights[str(x)][0] *= 4
        x = n.relu6(n.norm(n.conv(n.relu6(x), out, 1)))
    n.dense(n.mean(x), classes)


def leaky(n, classes):
    x = n.leaky(n.norm(n.conv(0, 8, 3, stride=n.coarse, pad=1)), 0.1)
    x = n.leaky(n.conv(x, 16, 3, stride=2, pad=1), 0.3)
    n.dense(n.leaky(n.dense(x, 32), 0.01), classes)


def concat(n, classes):
    """Branches of several depths, one of them a pool that overlaps itself, and a dense connection."""
    x = n.relu(n.conv(0, 8, 3, stride=n.coarse, pad=1))
    wide = n.relu(n.conv(n.relu(n.conv(x, 4, 1)), 8, 3, pad=1))
    x = n.concat(n.relu(n.conv(x, 8, 1)), wide, n.maxpool(x, 3, stride=1, pad=1))
    x = n.concat(n.relu(n.conv(x, 8, 3, stride=2, pad=1)), n.maxpool(x, 2))
    n.dense(n.mean(n.relu(n.conv(x, 24, 1))), classes)


def residual(n, classes):
    """Sums of branches of several depths with pools between, one sum with another scale."""
    x = n.maxpool(n.relu(n.norm(n.conv(0, 12, 3, pad=1))), 2)
    for _ in range(2):
        inner = n.relu(n.norm(n.conv(x, 12, 3, pad=1)))
        x = n.relu(n.sum(x, n.norm(n.conv(inner, 12, 3, pad=1))))
    y = n.maxpool(x, 2)
    x = n.relu(n.sum(n.conv(x, 16, 1, stride=2), n.conv(y, 16, 3, pad=1)))
    n.dense(x, classes)


def conv1d(n, classes):
    x = n.maxpool(n.relu(n.norm(n.conv(0, 16, 5, pad=2))), 2)
    x = n.relu(n.conv(x, 24, 3, pad=1))
    n.dense(n.mean(x), classes)


KINDS = {f.__name__: f for f in [maxpool, relu6_depthwise, leaky, concat, residual]}


def forward(net, weights, x, stats=None, record=None):
    """All values; batch normalisation by the batch's own statistics, or by those given."""
    values = [x]
    for n, (op, inputs, how) in enumerate(net.nodes[1:], 1):
        a = values[inputs[0]]
        w = weights.get(str(n))
        each = lambda v: v.reshape((1, -1) + (1,) * (a.ndim - 2))
        if op == "Conv":
            axes = ("NCHW", "OIHW", "NCHW") if a.ndim == 4 else ("NCW", "OIW", "NCW")
            d = a.ndim - 2
            y = lax.conv_general_dilated(a, w[0], (how["stride"],) * d, [(how["pad"],) * 2] * d,
                                         dimension_numbers=axes, feature_group_count=how["groups"])
            y = y + each(w[1])
        elif op == "BatchNormalization":
            over = (0, *range(2, a.ndim))
            mean, var = stats[n] if stats else (a.mean(over), a.var(over))
            if record is not None:
                record[n] = (mean, var)
            y = (a - each(mean)) / jnp.sqrt(each(var) + 1e-5) * each(w[0]) + each(w[1])
        elif op == "MaxPool":
            d = a.ndim - 2
            y = lax.reduce_window(a, -jnp.inf, lax.max, (1, 1) + (how["kernel"],) * d,
                                  (1, 1) + (how["stride"],) * d, [(0, 0)] * 2 + [(how["pad"],) * 2] * d)
        elif op == "Gemm":
            y = a.reshape(len(a), -1) @ w[0].T + w[1]
        else:
            y = {
                "Relu": lambda: jnp.maximum(a, 0),
                "Clip": lambda: jnp.clip(a, 0, 6),
                "LeakyRelu": lambda: jnp.where(a > 0, a, how["slope"] * a),
                "GlobalAveragePool": lambda: a.mean(tuple(range(2, a.ndim))),
                "Add": lambda: a + values[inputs[1]],
                "Concat": lambda: jnp.concatenate([values[i] for i in inputs], 1),
            }[op]()
        values.append(y)
    return values


def train(net, x, y, epochs, batch=64, rate=3e-3):
    """Adam with a rate that falls to 0 as a cosine."""
    def loss(weights, x, y):
        logits = forward(net, weights, x)[-1]
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(y)), y])

    @jax.jit
    def step(weights, m, v, x, y, t, lr):
        g = jax.grad(loss)(weights, x, y)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        move = lambda w, m, v: w - lr * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return jax.tree.map(move, weights, m, v), m, v

    weights = net.weights
    m = v = jax.tree.map(np.zeros_like, weights)
    rng = np.random.default_rng(2)
    per = len(x) // batch
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for k in range(per):
            t = epoch * per + k + 1
            lr = rate * 0.5 * (1 + np.cos(np.pi * t / (epochs * per)))
            take = order[k * batch:][:batch]
            weights, m, v = step(weights, m, v, x[take], y[take], float(t), lr)
    stats = {}
    forward(net, weights, x[:4096], record=stats)
    return jax.tree.map(np.asarray, weights), {n: tuple(map(np.asarray, s)) for n, s in stats.items()}


def export(net, weights, stats, name):
    nodes, tensors = [], []
    def tensor(name, value):
        tensors.append(numpy_helper.from_array(np.asarray(value), name))
        return name
    label = lambda n: "input" if n == 0 else "output" if n == len(net.nodes) - 1 else f"{net.nodes[n][0].lower()}_{n}"
    for n, (op, inputs, how) in enumerate(net.nodes[1:], 1):
        d = len(net.shapes[inputs[0]]) - 1
        names, attributes = [label(i) for i in inputs], {}
        names += [tensor(f"{label(n)}.{k}", w) for w, k in zip(weights.get(str(n), ()), ["weight", "bias"])]
        if op == "BatchNormalization":
            names += [tensor(f"{label(n)}.{k}", s) for s, k in zip(stats[n], ["mean", "var"])]
        elif op == "Clip":
            names += [tensor(f"{label(n)}.{k}", np.float32(v)) for v, k in [(0, "min"), (6, "max")]]
        elif op == "LeakyRelu":
            attributes = dict(alpha=how["slope"])
        elif op == "Concat":
            attributes = dict(axis=1)
        elif op in ("Conv", "MaxPool"):
            attributes = dict(strides=[how["stride"]] * d, pads=[how["pad"]] * 2 * d)
            attributes |= dict(group=how["groups"]) if op == "Conv" else dict(kernel_shape=[how["kernel"]] * d)
        elif op == "Gemm":
            attributes = dict(transB=1)
            if d > 0:
                nodes.append(helper.make_node("Flatten", names[:1], [f"flat_{n}"], name=f"flat_{n}"))
                names[0] = f"flat_{n}"
        nodes.append(helper.make_node(op, names, [label(n)], name=label(n), **attributes))
    value = lambda n: helper.make_tensor_value_info(label(n), TensorProto.FLOAT, ["N", *net.shapes[n]])
    graph = helper.make_graph(nodes, name, [value(0)], [value(len(net.nodes) - 1)], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="spikewheel tools")
    onnx.checker.check_model(model)
    return model.SerializeToString()


def vowels(folder, rows):
    """Series of 12 cepstral coefficients of nine speakers, filled up with zeros to 29 points, in steps of 1e-4."""
    x, y = [], []
    for line in (Path(folder) / "JapaneseVowels" / f"JapaneseVowels_{rows}.ts").read_text().splitlines():
        if line and line[0] not in "#@":
            *series, label = line.split(":")
            one = np.zeros((12, 29))
            for k, s in enumerate(series):
                values = [float(v) for v in s.split(",") if v not in ("?", "NaN")]
                one[k, :len(values)] = values
            x.append(np.round(one * 1e4))
            y.append(int(label) - 1)
    return np.array(x, np.int16), np.array(y, np.uint8)


def main(what, source, folder, *wanted):
    folder = Path(folder)
    kinds, epochs = KINDS, 40
    if what == "vowels":
        (x, y), (xt, yt) = vowels(source, "TRAIN"), vowels(source, "TEST")
        # A part of the test series is enough, every third one of each speaker.
        xt, yt = xt[::3], yt[::3]
        np.savez_compressed(folder / "vowels.npz", x_train=x[::2], y_train=y[::2], x_test=xt, y_test=yt)
        kinds, by = {"conv1d": conv1d}, 1e4
    else:
        with np.load(source) as data:
            x, y, xt, yt = (data[k] for k in ["x_train", "y_train", "x_test", "y_test"])
        by = float(x.max())
        x, xt = x[:, None], xt[:, None]
        if what == "mnist":
            epochs = 2
    x, xt = (np.float32(v) / np.float32(by) for v in (x, xt))
    for kind in wanted or kinds:
        net = Net(x.shape[1:])
        kinds[kind](net, int(y.max()) + 1)
        weights, stats = train(net, x, np.int32(y), epochs)
        name = f"{what}_{kind}"
        data = export(net, weights, stats, name)
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        logits = np.concatenate([session.run(None, {"input": xt[i:i + 500]})[0] for i in range(0, len(xt), 500)])
        (folder / f"{name}.onnx").write_bytes(data)
        np.save(folder / f"{name}.logits.npy", logits)
        full = sum(float((v >= 6).mean()) for v, n in zip(forward(net, weights, xt[:500], stats or None), net.nodes) if n[0] == "Clip")
        right = (logits.argmax(1) == yt).mean()
        print(f"{name}: {100 * right:.2f} % of {len(yt)}, {len(data)} bytes" + (f", at 6: {full:.3f}" if full else ""), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
