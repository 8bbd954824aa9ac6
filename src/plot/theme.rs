//! Colours and fonts.

use std::sync::Once;

use plotters::style::{FontStyle, register_font};

/// An opaque colour.
pub(super) type Rgb = [u8; 3];

/// Light for paper, dark for screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

/// Colours that people with any of the common colour-vision deficiencies tell apart, after Okabe
/// and Ito, the lightest of them darkened so that a single mark is seen on white.
const ON_LIGHT: [Rgb; 8] = [
    [0, 107, 172],
    [205, 84, 0],
    [0, 142, 104],
    [190, 92, 148],
    [196, 138, 0],
    [52, 152, 205],
    [98, 82, 170],
    [105, 105, 105],
];

const ON_DARK: [Rgb; 8] = [
    [86, 180, 240],
    [255, 140, 60],
    [40, 205, 155],
    [235, 150, 195],
    [245, 195, 60],
    [140, 210, 255],
    [170, 155, 245],
    [185, 185, 185],
];

impl Theme {
    pub(super) fn background(self) -> Rgb {
        match self {
            Self::Light => [255, 255, 255],
            Self::Dark => [19, 22, 29],
        }
    }
    pub(super) fn text(self) -> Rgb {
        match self {
            Self::Light => [34, 38, 46],
            Self::Dark => [228, 231, 236],
        }
    }
    pub(super) fn faint_text(self) -> Rgb {
        match self {
            Self::Light => [112, 118, 128],
            Self::Dark => [150, 156, 168],
        }
    }
    pub(super) fn grid(self) -> Rgb {
        match self {
            Self::Light => [226, 229, 233],
            Self::Dark => [48, 53, 64],
        }
    }
    pub(super) fn frame(self) -> Rgb {
        match self {
            Self::Light => [160, 166, 175],
            Self::Dark => [96, 103, 117],
        }
    }
    /// The colour of the `i`-th population or neuron.
    pub(super) fn series(self, i: usize) -> Rgb {
        match self {
            Self::Light => ON_LIGHT[i % ON_LIGHT.len()],
            Self::Dark => ON_DARK[i % ON_DARK.len()],
        }
    }
}

/// The family name under which the embedded fonts are registered.
pub(super) const FONT: &str = "spikewheel";

/// Makes the embedded fonts known to `plotters`, once per process.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let regular: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");
        let bold: &[u8] = include_bytes!("fonts/DejaVuSans-Bold.ttf");
        // A font that cannot be parsed shows as missing text; a test sees to it that both can.
        let _ = register_font(FONT, FontStyle::Normal, regular);
        let _ = register_font(FONT, FontStyle::Bold, bold);
    });
}
