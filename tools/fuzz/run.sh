#!/bin/sh
# Fuzzes every parser, or those that are named, for so many seconds each:
#
#   sh tools/fuzz/run.sh 60
#   sh tools/fuzz/run.sh 600 onnx nir
#
# libFuzzer with the coverage of LLVM, which a stable compiler has as well; a C++ compiler is needed. An input that
# brings a parser down is left in tools/fuzz/artifacts. With a nightly compiler and cargo-fuzz the same
# targets run under AddressSanitizer: cargo +nightly fuzz run --fuzz-dir tools/fuzz onnx
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
host=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p artifacts
targets=$(cd fuzz_targets && ls | sed 's/\.rs$//')
[ $# -gt 0 ] && targets=$*
bins=
for target in $targets; do
    bins="$bins --bin $target"
done
# With --target the flags belong to the fuzzed code only: what runs while it is built has no fuzzer to report to.
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
export RUSTFLAGS
# shellcheck disable=SC2086
cargo build --release --target "$host" $bins
bin=${CARGO_TARGET_DIR:-target}/$host/release
for target in $targets; do
    echo "== $target"
    mkdir -p "corpus/$target"
    SPIKEWHEEL_CORPUS=corpus "$bin/$target" "corpus/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
        -malloc_limit_mb=1024 -artifact_prefix="artifacts/$target-" -print_final_stats=1 2>"artifacts/$target.log" || {
        tail -n 20 "artifacts/$target.log"
        exit 1
    }
    grep -E "number_of_executed_units|new_units_added|peak_rss" "artifacts/$target.log"
done
