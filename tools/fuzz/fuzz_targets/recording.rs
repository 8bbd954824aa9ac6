#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("recording"),
    |bytes: &[u8]| spikewheel_fuzz::once("recording", bytes)
);
