#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("definition"),
    |bytes: &[u8]| spikewheel_fuzz::once("definition", bytes)
);
