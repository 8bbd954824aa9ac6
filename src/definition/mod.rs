//! Definition files: TOML with units, expressions and named parts, checked and turned into a
//! `NetworkSpec`.
