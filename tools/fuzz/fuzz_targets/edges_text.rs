#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("edges_text"),
    |bytes: &[u8]| spikewheel_fuzz::once("edges_text", bytes)
);
