//! How near outputs are to values that they should have.

use serde::Serialize;

/// Figures of a regression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Fit {
    pub mean_square_error: f64,
    pub mean_absolute_error: f64,
    /// Coefficient of determination, 1 - (sum of squared errors) / (sum of squared deviations from the mean),
    /// as the mean over the outputs whose target varies; `None` if none does.
    pub r2: Option<f64>,
}

impl Fit {
    /// Both lists have `width` values for each sample.
    pub fn of(outputs: &[f64], targets: &[f64], width: usize) -> Self {
        let n = outputs.len().max(1) as f64;
        let errors = || outputs.iter().zip(targets).map(|(o, t)| o - t);
        let mut sum = 0.0;
        let mut varying = 0;
        for k in 0..width {
            let column = || targets.iter().skip(k).step_by(width.max(1));
            let mean = column().sum::<f64>() / column().count().max(1) as f64;
            let all: f64 = column().map(|t| (t - mean) * (t - mean)).sum();
            let left: f64 = errors().skip(k).step_by(width.max(1)).map(|e| e * e).sum();
            if all > 0.0 {
                varying += 1;
                sum += 1.0 - left / all;
            }
        }
        Self {
            mean_square_error: errors().map(|e| e * e).sum::<f64>() / n,
            mean_absolute_error: errors().map(f64::abs).sum::<f64>() / n,
            r2: (varying > 0).then(|| sum / f64::from(varying)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_definition() {
        // Columns: targets 1, 3 (deviations 1, 1) with errors 0, 1; and 5, 5, which do not vary.
        let fit = Fit::of(&[1.0, 5.0, 4.0, 3.0], &[1.0, 5.0, 3.0, 5.0], 2);
        assert_eq!(fit.mean_square_error, (1.0 + 4.0) / 4.0);
        assert_eq!(fit.mean_absolute_error, 3.0 / 4.0);
        assert_eq!(fit.r2, Some(0.5));
        assert_eq!(Fit::of(&[1.0], &[2.0], 1).r2, None);
    }
}
