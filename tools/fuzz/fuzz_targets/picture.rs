#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("picture"),
    |bytes: &[u8]| spikewheel_fuzz::once("picture", bytes)
);
