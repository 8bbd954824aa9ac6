//! Arithmetic of constants, element by element, of reals and of whole numbers that may count in samples.

use super::tensor::{Int, Numbers, Tensor, broadcast_index, common_shape};
use crate::ann::shape;

/// A constant that a few bytes of the file call for has at most this many elements.
pub const MOST_MADE: usize = 1 << 22;

impl Int {
    pub fn plus(self, other: Self) -> Result<Self, String> {
        if self.per_sample != other.per_sample && self.n != 0 && other.n != 0 {
            return Err("a sum mixes the number of samples with a constant".into());
        }
        Ok(Self {
            n: self.n.checked_add(other.n).ok_or("a sum is too large")?,
            per_sample: if self.n == 0 {
                other.per_sample
            } else {
                self.per_sample
            },
        })
    }

    pub fn times(self, other: Self) -> Result<Self, String> {
        if self.per_sample && other.per_sample {
            return Err("the number of samples is squared".into());
        }
        Ok(Self {
            n: self
                .n
                .checked_mul(other.n)
                .ok_or("a product is too large")?,
            per_sample: self.per_sample || other.per_sample,
        })
    }

    pub fn over(self, other: Self) -> Result<Self, String> {
        let n = self.n.checked_div(other.n).ok_or("a division by 0")?;
        match (self.per_sample, other.per_sample) {
            (true, true) => Ok(Self::known(n)),
            (true, false) if self.n % other.n == 0 => Ok(Self {
                n,
                per_sample: true,
            }),
            (false, false) => Ok(Self::known(n)),
            _ => Err("a quotient depends on the number of samples".into()),
        }
    }

    pub fn pick(self, other: Self, f: fn(i64, i64) -> i64) -> Result<Self, String> {
        if self.per_sample || other.per_sample {
            return Err("a comparison depends on the number of samples".into());
        }
        Ok(Self::known(f(self.n, other.n)))
    }
}

/// One element of either type.
#[derive(Clone, Copy)]
pub enum Num {
    Real(f32),
    Whole(Int),
}

impl Num {
    pub fn truth(b: bool) -> Self {
        Self::Whole(Int::known(i64::from(b)))
    }

    pub fn real(self) -> Option<f32> {
        match self {
            Self::Real(x) => Some(x),
            Self::Whole(i) => i.get().map(|n| n as f32),
        }
    }

    /// The number of samples equals no constant: files compare sizes with markers such as -1.
    pub fn same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a == b,
            (a, b) => a.real().is_some() && a.real() == b.real(),
        }
    }
}

pub fn arithmetic(
    a: Num,
    b: Num,
    real: impl Fn(f32, f32) -> f32,
    whole: impl Fn(Int, Int) -> Result<Int, String>,
) -> Result<Num, String> {
    match (a, b) {
        (Num::Whole(a), Num::Whole(b)) => whole(a, b).map(Num::Whole),
        (a, b) => match (a.real(), b.real()) {
            (Some(a), Some(b)) => Ok(Num::Real(real(a, b))),
            _ => Err("a value depends on the number of samples".into()),
        },
    }
}

pub fn known(a: Num, b: Num, f: impl Fn(i64, i64) -> Option<i64>) -> Result<Num, String> {
    let whole = |n: Num| match n {
        Num::Whole(i) => i.get(),
        Num::Real(x) => (x.fract() == 0.0).then_some(x as i64),
    };
    match (whole(a), whole(b)) {
        (Some(x), Some(y)) => f(x, y)
            .map(|n| Num::Whole(Int::known(n)))
            .ok_or_else(|| "a division by 0".to_string()),
        _ => Err("a comparison depends on the number of samples".into()),
    }
}

pub fn at(t: &Tensor, i: usize) -> Num {
    match &t.numbers {
        Numbers::Real(v) => Num::Real(v[i]),
        Numbers::Whole(v) => Num::Whole(v[i]),
    }
}

/// All of one type: real if one is.
pub fn collected(to: Vec<usize>, list: Vec<Num>) -> Result<Tensor, String> {
    let whole: Option<Vec<Int>> = list
        .iter()
        .map(|n| match n {
            Num::Whole(i) => Some(*i),
            Num::Real(_) => None,
        })
        .collect();
    if let Some(whole) = whole.filter(|w| !w.is_empty()) {
        return Ok(Tensor::whole(to, whole));
    }
    let real = list.into_iter().map(Num::real).collect::<Option<_>>();
    real.map(|r| Tensor::real(to, r))
        .ok_or_else(|| "a value depends on the number of samples".into())
}

pub fn binary(
    a: &Tensor,
    b: &Tensor,
    f: &dyn Fn(Num, Num) -> Result<Num, String>,
) -> Result<Tensor, String> {
    let to = common_shape(&a.shape, &b.shape)?;
    if to.iter().product::<usize>() > MOST_MADE.max(a.len()).max(b.len()) {
        return Err(format!("a constant of {} is too large", shape::text(&to)));
    }
    let (ia, ib) = (
        broadcast_index(&a.shape, &to)?,
        broadcast_index(&b.shape, &to)?,
    );
    let list: Result<Vec<Num>, String> = ia
        .into_iter()
        .zip(ib)
        .map(|(i, j)| f(at(a, i), at(b, j)))
        .collect();
    collected(to, list?)
}
