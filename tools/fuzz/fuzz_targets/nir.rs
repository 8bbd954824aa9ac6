#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("nir"),
    |bytes: &[u8]| spikewheel_fuzz::once("nir", bytes)
);
