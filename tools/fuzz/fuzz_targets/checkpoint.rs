#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("checkpoint"),
    |bytes: &[u8]| spikewheel_fuzz::once("checkpoint", bytes)
);
