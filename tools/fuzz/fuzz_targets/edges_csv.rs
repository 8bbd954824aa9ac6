#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("edges_csv"),
    |bytes: &[u8]| spikewheel_fuzz::once("edges_csv", bytes)
);
