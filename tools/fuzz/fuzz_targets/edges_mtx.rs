#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("edges_mtx"),
    |bytes: &[u8]| spikewheel_fuzz::once("edges_mtx", bytes)
);
