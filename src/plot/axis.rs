//! Where the ticks of an axis stand and what they say.

/// Ticks at multiples of a round step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub at: Vec<f64>,
    pub labels: Vec<String>,
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `x`.
pub(super) fn round_up(x: f64) -> f64 {
    if !(x.is_finite() && x > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(x.log10().floor());
    // The slack lets 0.30000000000000004 count as 0.3.
    let m = x / power - 1e-9;
    let factor = [1.0, 2.0, 5.0, 10.0];
    power * factor.into_iter().find(|f| *f >= m).unwrap_or(10.0)
}

/// At most `most` ticks (at least one interval) within [low, high].
pub(super) fn ticks(low: f64, high: f64, most: usize) -> Ticks {
    let span = high - low;
    let step = round_up(span / most.max(1) as f64);
    let first = (low / step - 1e-9).ceil();
    let mut at = Vec::new();
    for i in 0..=most + 1 {
        let t = (first + i as f64) * step;
        if t > high + 1e-9 * span.abs() {
            break;
        }
        at.push(t);
    }
    let digits = (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
    let labels = at.iter().map(|t| number(*t, digits)).collect();
    Ticks { at, labels }
}

/// The unit in which a time range reads best, and its length in ms.
pub(super) fn time_unit(from: f64, to: f64) -> (&'static str, f64) {
    let (span, high) = (to - from, from.abs().max(to.abs()));
    if span >= 600_000.0 {
        ("min", 60_000.0)
    } else if span > 2_000.0 {
        ("s", 1_000.0)
    } else if high >= 1.0 {
        ("ms", 1.0)
    } else if high >= 1e-3 {
        ("µs", 1e-3)
    } else {
        ("ns", 1e-6)
    }
}

/// A number with a fixed number of decimals, a true minus sign, and thousands set apart.
pub(super) fn number(x: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", x.abs());
    let (whole, rest) = match text.split_once('.') {
        Some((w, r)) => (w, format!(".{r}")),
        None => (text.as_str(), String::new()),
    };
    let zero = text.chars().all(|c| c == '0' || c == '.');
    let sign = if x < 0.0 && !zero { "−" } else { "" };
    format!("{sign}{}{rest}", grouped(whole))
}

/// `12500` as `12,500`; four digits stay together.
pub(crate) fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A rate in Hz with three figures at most.
pub(super) fn rate(hz: f64) -> String {
    if hz == 0.0 {
        "0 Hz".into()
    } else if hz >= 99.95 {
        format!("{} Hz", number(hz, 0))
    } else if hz >= 9.995 {
        format!("{} Hz", number(hz, 1))
    } else if hz >= 0.01 {
        format!("{} Hz", number(hz, 2))
    } else {
        "< 0.01 Hz".into()
    }
}

/// A duration in ms in the unit in which it reads best.
pub(super) fn duration(ms: f64) -> String {
    let (unit, length) = match ms {
        m if m >= 600_000.0 => ("min", 60_000.0),
        m if m >= 1_000.0 => ("s", 1_000.0),
        m if m >= 1.0 => ("ms", 1.0),
        _ => ("µs", 1e-3),
    };
    let value = (ms / length * 1000.0).round() / 1000.0;
    format!("{value} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let t = ticks(0.0, 1000.0, 6);
        assert_eq!(t.labels, ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(ticks(0.0, 0.3, 4).labels, ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(ticks(-70.0, -55.0, 4).labels, ["−70", "−65", "−60", "−55"]);
        for (low, high) in [(0.0, 3.0), (1e6, 1e6 + 3.0), (-1e-7, 2e-7), (0.0, 3.6e6)] {
            let t = ticks(low, high, 5);
            assert!(!t.at.is_empty() && t.at.len() <= 7, "{t:?}");
            assert!(
                t.at.iter()
                    .all(|x| *x >= low - 1e-9 && *x <= high + 1e-9 * (high - low))
            );
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1234567.0, 0), "1,234,567");
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(grouped("1000"), "1000");
        assert_eq!(rate(40.26), "40.3 Hz");
        assert_eq!(duration(1500.0), "1.5 s");
    }
}
