//! The units that may stand behind a number.

use crate::units::Dimension;

/// A unit: `value` of it is `value * times / over` in the canonical unit.
///
/// Two exact integers instead of one factor: 70 us is then 70 / 1000 = 0.07 correctly rounded,
/// whereas 70 * 0.001 may be off in the last bit and 0.07 ms would be another number.
#[derive(Debug)]
pub struct Unit {
    pub name: &'static str,
    pub dimension: Dimension,
    pub times: f64,
    pub over: f64,
}

const fn unit(name: &'static str, dimension: Dimension, times: f64, over: f64) -> Unit {
    Unit {
        name,
        dimension,
        times,
        over,
    }
}

/// Every unit, by dimension and falling size. All names are reserved words in expressions.
pub static UNITS: [Unit; 37] = [
    unit("s", Dimension::TIME, 1e3, 1.0),
    unit("ms", Dimension::TIME, 1.0, 1.0),
    unit("us", Dimension::TIME, 1.0, 1e3),
    unit("ns", Dimension::TIME, 1.0, 1e6),
    unit("ps", Dimension::TIME, 1.0, 1e9),
    unit("V", Dimension::VOLTAGE, 1e3, 1.0),
    unit("mV", Dimension::VOLTAGE, 1.0, 1.0),
    unit("uV", Dimension::VOLTAGE, 1.0, 1e3),
    unit("A", Dimension::CURRENT, 1e12, 1.0),
    unit("mA", Dimension::CURRENT, 1e9, 1.0),
    unit("uA", Dimension::CURRENT, 1e6, 1.0),
    unit("nA", Dimension::CURRENT, 1e3, 1.0),
    unit("pA", Dimension::CURRENT, 1.0, 1.0),
    unit("fA", Dimension::CURRENT, 1.0, 1e3),
    unit("F", Dimension::CAPACITANCE, 1e12, 1.0),
    unit("mF", Dimension::CAPACITANCE, 1e9, 1.0),
    unit("uF", Dimension::CAPACITANCE, 1e6, 1.0),
    unit("nF", Dimension::CAPACITANCE, 1e3, 1.0),
    unit("pF", Dimension::CAPACITANCE, 1.0, 1.0),
    unit("S", Dimension::CONDUCTANCE, 1e9, 1.0),
    unit("mS", Dimension::CONDUCTANCE, 1e6, 1.0),
    unit("uS", Dimension::CONDUCTANCE, 1e3, 1.0),
    unit("nS", Dimension::CONDUCTANCE, 1.0, 1.0),
    unit("pS", Dimension::CONDUCTANCE, 1.0, 1e3),
    unit("GOhm", Dimension::RESISTANCE, 1.0, 1.0),
    unit("MOhm", Dimension::RESISTANCE, 1.0, 1e3),
    unit("kOhm", Dimension::RESISTANCE, 1.0, 1e6),
    unit("Ohm", Dimension::RESISTANCE, 1.0, 1e9),
    unit("MHz", Dimension::RATE, 1e3, 1.0),
    unit("kHz", Dimension::RATE, 1.0, 1.0),
    unit("Hz", Dimension::RATE, 1.0, 1e3),
    unit("m", Dimension::LENGTH, 1e6, 1.0),
    unit("cm", Dimension::LENGTH, 1e4, 1.0),
    unit("mm", Dimension::LENGTH, 1e3, 1.0),
    unit("um", Dimension::LENGTH, 1.0, 1.0),
    unit("nm", Dimension::LENGTH, 1.0, 1e3),
    // A count, so that "8 spikes/s" reads as it is spoken.
    unit("spikes", Dimension::NONE, 1.0, 1.0),
];

/// The unit of that name; the micro sign and the Greek letters are other spellings of `u` and `Ohm`.
pub fn find(name: &str) -> Option<&'static Unit> {
    if name.is_ascii() {
        return UNITS.iter().find(|u| u.name == name);
    }
    let plain = name
        .replace(['\u{b5}', '\u{3bc}'], "u")
        .replace(['\u{3a9}', '\u{2126}'], "Ohm");
    UNITS.iter().find(|u| u.name == plain)
}

impl Unit {
    /// `value` of this unit, in the canonical one.
    pub fn canonical(&self, value: f64) -> f64 {
        value * self.times / self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_units_are_converted_without_a_rounding_error() {
        assert_eq!(find("us").map(|u| u.canonical(70.0)), Some(0.07));
        assert_eq!(find("\u{b5}s").map(|u| u.canonical(70.0)), Some(0.07));
        assert_eq!(find("M\u{3a9}").map(|u| u.canonical(40.0)), Some(0.04));
        assert!(find("mv").is_none());
    }

    #[test]
    fn every_unit_has_a_name_of_its_own() {
        for (i, a) in UNITS.iter().enumerate() {
            assert!(UNITS.iter().skip(i + 1).all(|b| a.name != b.name));
        }
    }
}
