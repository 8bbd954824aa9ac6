#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("weights_npz"),
    |bytes: &[u8]| spikewheel_fuzz::once("weights_npz", bytes)
);
