#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("samples_npz"),
    |bytes: &[u8]| spikewheel_fuzz::once("samples_npz", bytes)
);
