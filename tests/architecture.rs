//! The architecture text names only paths that exist.

use std::path::Path;

#[test]
fn every_path_in_the_architecture_text_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let src = root.join("src");
    let text = std::fs::read_to_string(src.join("ARCHITECTURE.md")).unwrap();
    let mut seen = 0;
    for name in text.split('`').skip(1).step_by(2) {
        if name.ends_with(".rs") || name.ends_with('/') {
            seen += 1;
            assert!(
                src.join(name).exists() || root.join(name).exists(),
                "{name}"
            );
        }
    }
    assert!(seen > 15, "{seen}");
}
