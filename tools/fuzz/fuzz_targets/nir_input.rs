#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("nir_input"),
    |bytes: &[u8]| spikewheel_fuzz::once("nir_input", bytes)
);
