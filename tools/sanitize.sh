#!/bin/sh
# Looks for errors of memory and of threads where the compiler does not: in the modules with unsafe code, and in
# whole runs on several shards.
#
#   sh tools/sanitize.sh valgrind    # unit tests of the unsafe modules under memcheck (no AVX-512 there)
#   sh tools/sanitize.sh miri        # the same under Miri: rustup +nightly component add miri
#   sh tools/sanitize.sh thread      # runs under ThreadSanitizer: rustup +nightly component add rust-src
set -eu
cd "$(dirname "$0")/.."
modules="simd:: rng::philox:: synapse::spread:: spiking::pick:: synapse::prefetch:: synapse::bitmap:: engine::barrier_tests::"
host=$(rustc -vV | sed -n 's/^host: //p')
missing() {
    echo "not possible here: rustup +nightly component add $1" >&2
    exit 1
}
case "${1:-}" in
valgrind)
    test=$(cargo test --release --lib --no-run --message-format=short 2>&1 | sed -n 's/.*(\(.*spikewheel-[0-9a-f]*\)).*/\1/p')
    for module in $modules; do
        PROPTEST_CASES=16 valgrind --quiet --error-exitcode=1 "$test" --test-threads=1 "$module"
    done
    ;;
miri)
    cargo +nightly miri --version >/dev/null 2>&1 || missing miri
    for module in $modules; do
        PROPTEST_CASES=4 MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --lib "$module"
    done
    ;;
thread)
    # The standard library has to be built along. Without, its locks are invisible to the sanitizer as soon as two threads
    # want one at a time, and whatever they guard looks like a race: a counter behind a mutex is enough.
    [ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust" ] || missing rust-src
    RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std --target "$host" --release --test nir_runs the_engine
    RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std --target "$host" --release --test truth engine
    ;;
*)
    sed -n 's/^# \{0,1\}//p' "$0" | tail -n +2
    exit 2
    ;;
esac
