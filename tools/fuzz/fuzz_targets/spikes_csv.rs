#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("spikes_csv"),
    |bytes: &[u8]| spikewheel_fuzz::once("spikes_csv", bytes)
);
