#!/usr/bin/env python3
"""Time per sample: the exact one-spike code beside ONNX Runtime, one thread each, in turn.

  cargo bench --bench exact_code --no-run && python tools/onnx_speed.py FOLDER

FOLDER holds models/ and data/ of the larger networks; those that come along are looked for in networks/models.
Needs numpy and onnxruntime. Prints microseconds per sample, the best of all rounds: ONNX Runtime with one sample a
call (and with that what a call from Python costs) and with 100 samples a call.
"""
import subprocess, sys, time
from pathlib import Path
import numpy as np, onnxruntime as ort

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
DATA = {"digits": ("x_test", 16.0), "mnist": ("x_test", 255.0), "cifar10_test_2000": ("images", 1.0)}
SETS = {"digits_mlp": "digits", "mlperf_resnet8": "cifar10_test_2000"}


def session(model):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def samples(data, shape):
    array, by = DATA[data.stem]
    with np.load(data) as file:
        x = file[array][:500]
    return np.float32(x).reshape(len(x), *shape) / np.float32(by)


def per_sample(run, x, batch):
    """Microseconds, over all samples."""
    blocks = [x[i:i + batch] for i in range(0, len(x) - batch + 1, batch)]
    for b in blocks[:5]:
        run(None, {"input": b})
    start = time.perf_counter()
    for b in blocks:
        run(None, {"input": b})
    return (time.perf_counter() - start) * 1e6 / (len(blocks) * batch)


def ours(folder):
    command = ["cargo", "bench", "-q", "--bench", "exact_code", "--", str(folder), "--tsv"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name: (float(best), float(operations)) for name, best, _, operations, _ in map(str.split, lines.splitlines())}


def main(folder):
    folder = Path(folder).resolve()
    best = {}
    for _ in range(ROUNDS):
        for name, (us, operations) in ours(folder).items():
            places = [ROOT / "networks/models", folder / "models", folder / "data"]
            find = lambda *files: next(p for d in places for f in files if (p := d / f).is_file())
            s = session(str(find(f"{name}.onnx", f"{name}.op17.onnx")))
            x = samples(find(f"{SETS.get(name, 'mnist')}.npz"), s.get_inputs()[0].shape[1:])
            row = [us, per_sample(s.run, x, 1), per_sample(s.run, x, 100), operations]
            best[name] = [min(a, b) for a, b in zip(row, best.get(name, row))]
    print(f"{'us per sample':<20} exact code  ONNX Runtime, 1 a call  100 a call  operations")
    for name, (us, one, many, operations) in best.items():
        print(f"{name:<20} {us:>10.2f} {one:>24.1f} {many:>11.1f} {operations:>11.0f}")
    print(f"onnxruntime {ort.__version__}, numpy {np.__version__}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
