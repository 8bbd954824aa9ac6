//! Physical dimensions and the canonical unit of each.
//!
//! Inside the program every physical value is a plain `f64` in the canonical unit of its
//! dimension: milliseconds, millivolts, picoamperes, micrometres. The set is closed: pA·ms/mV = pF,
//! pA/mV = nS, mV/pA = GΩ, 1/ms = kHz. Units are read and checked at the edge (the definition
//! file); nothing behind it converts again, except rates, which the field states in Hz.

use std::fmt;

/// A physical dimension as exponents of time, voltage, current and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Dimension {
    pub time: i8,
    pub voltage: i8,
    pub current: i8,
    pub length: i8,
}

impl Dimension {
    pub const NONE: Self = Self::new(0, 0, 0, 0);
    pub const TIME: Self = Self::new(1, 0, 0, 0);
    pub const VOLTAGE: Self = Self::new(0, 1, 0, 0);
    pub const CURRENT: Self = Self::new(0, 0, 1, 0);
    pub const LENGTH: Self = Self::new(0, 0, 0, 1);
    pub const RATE: Self = Self::new(-1, 0, 0, 0);
    pub const SPEED: Self = Self::new(-1, 0, 0, 1);
    pub const CAPACITANCE: Self = Self::new(1, -1, 1, 0);
    pub const CONDUCTANCE: Self = Self::new(0, -1, 1, 0);
    pub const RESISTANCE: Self = Self::new(0, 1, -1, 0);

    /// Exponents of time, voltage, current and length, in this order.
    pub const fn new(time: i8, voltage: i8, current: i8, length: i8) -> Self {
        Self {
            time,
            voltage,
            current,
            length,
        }
    }

    /// What a person calls it: `"time"`, `"voltage"`, ...; a formula for anything unnamed.
    pub fn name(self) -> String {
        let named = match self {
            Self::NONE => "a plain number",
            Self::TIME => "time",
            Self::VOLTAGE => "voltage",
            Self::CURRENT => "current",
            Self::LENGTH => "length",
            Self::RATE => "rate",
            Self::SPEED => "speed",
            Self::CAPACITANCE => "capacitance",
            Self::CONDUCTANCE => "conductance",
            Self::RESISTANCE => "resistance",
            _ => return self.to_string(),
        };
        named.to_string()
    }

    /// The unit in which a value of this dimension is held, as users write it.
    pub fn canonical_unit(self) -> String {
        match self {
            Self::NONE => String::new(),
            Self::TIME => "ms".into(),
            Self::VOLTAGE => "mV".into(),
            Self::CURRENT => "pA".into(),
            Self::LENGTH => "um".into(),
            Self::RATE => "kHz".into(),
            Self::SPEED => "um/ms".into(),
            Self::CAPACITANCE => "pF".into(),
            Self::CONDUCTANCE => "nS".into(),
            Self::RESISTANCE => "GOhm".into(),
            _ => self.to_string(),
        }
    }

    /// A value of this dimension as an example in a message: `"20 ms"`.
    pub fn example(self) -> &'static str {
        match self {
            Self::NONE => "0.5",
            Self::TIME => "\"20 ms\"",
            Self::VOLTAGE => "\"-55 mV\"",
            Self::CURRENT => "\"200 pA\"",
            Self::LENGTH => "\"100 um\"",
            Self::RATE => "\"10 Hz\"",
            Self::SPEED => "\"0.3 m/s\"",
            Self::CAPACITANCE => "\"250 pF\"",
            Self::CONDUCTANCE => "\"10 nS\"",
            Self::RESISTANCE => "\"40 MOhm\"",
            _ => "a value with its unit",
        }
    }
}

impl std::ops::Mul for Dimension {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self::new(
            self.time + o.time,
            self.voltage + o.voltage,
            self.current + o.current,
            self.length + o.length,
        )
    }
}

impl std::ops::Div for Dimension {
    type Output = Self;
    fn div(self, o: Self) -> Self {
        Self::new(
            self.time - o.time,
            self.voltage - o.voltage,
            self.current - o.current,
            self.length - o.length,
        )
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (unit, power) in [
            ("ms", self.time),
            ("mV", self.voltage),
            ("pA", self.current),
            ("um", self.length),
        ] {
            if power == 0 {
                continue;
            }
            if !first {
                f.write_str("·")?;
            }
            first = false;
            f.write_str(unit)?;
            if power != 1 {
                write!(f, "^{power}")?;
            }
        }
        if first {
            f.write_str("1")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_units_are_closed_under_multiplication() {
        assert_eq!(
            Dimension::CURRENT * Dimension::TIME / Dimension::VOLTAGE,
            Dimension::CAPACITANCE
        );
        assert_eq!(
            Dimension::CAPACITANCE / Dimension::TIME,
            Dimension::CONDUCTANCE
        );
        assert_eq!(Dimension::NONE / Dimension::TIME, Dimension::RATE);
    }
}
