#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("edge_types"),
    |bytes: &[u8]| spikewheel_fuzz::once("edge_types", bytes)
);
