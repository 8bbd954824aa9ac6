#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("onnx"),
    |bytes: &[u8]| spikewheel_fuzz::once("onnx", bytes)
);
