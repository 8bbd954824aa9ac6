#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("expression"),
    |bytes: &[u8]| spikewheel_fuzz::once("expression", bytes)
);
