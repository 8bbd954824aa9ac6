//! Constants that differ from neuron to neuron, by columns: a loop over neurons reads numbers that stand in a row,
//! which structs side by side would not let it do. For steps of exactly solved models: those of clocked ones need so many
//! columns that compilers do not make vector code of the loop.

use crate::lines::Lines;
use std::ops::Range;

/// What can be held as a column for each of its numbers.
pub trait Columnar: Copy + Send + Sync + 'static {
    type Columns: Send + Sync;
    /// The columns of some neurons.
    type Part<'a>: Copy;

    fn columns(all: &[Self]) -> Self::Columns;
    fn get(columns: &Self::Columns, i: usize) -> Self;
    fn part(columns: &Self::Columns, span: Range<usize>) -> Self::Part<'_>;
    /// The first `n` of a part: in the function that goes through them, so that the compiler sees how many there are.
    fn first<'a>(part: Self::Part<'a>, n: usize) -> Self::Part<'a>;
    fn at(part: &Self::Part<'_>, i: usize) -> Self;
}

macro_rules! number {
    ($($ty:ty),+) => {$(
        impl Columnar for $ty {
            type Columns = Lines<Self>;
            type Part<'a> = &'a [Self];

            fn columns(all: &[Self]) -> Lines<Self> {
                Lines::from(all)
            }
            #[inline(always)]
            fn get(columns: &Lines<Self>, i: usize) -> Self {
                columns[i]
            }
            #[inline(always)]
            fn part(columns: &Lines<Self>, span: Range<usize>) -> &[Self] {
                &columns[span]
            }
            #[inline(always)]
            fn first<'a>(part: Self::Part<'a>, n: usize) -> Self::Part<'a> {
                &part[..n]
            }
            #[inline(always)]
            fn at(part: &Self::Part<'_>, i: usize) -> Self {
                part[i]
            }
        }
    )+};
}

number!(f64, f32, usize);

impl<T: Columnar, const N: usize> Columnar for [T; N] {
    type Columns = [T::Columns; N];
    type Part<'a> = [T::Part<'a>; N];

    fn columns(all: &[Self]) -> Self::Columns {
        std::array::from_fn(|k| T::columns(&all.iter().map(|a| a[k]).collect::<Vec<T>>()))
    }
    #[inline(always)]
    fn get(columns: &Self::Columns, i: usize) -> Self {
        std::array::from_fn(|k| T::get(&columns[k], i))
    }
    #[inline(always)]
    fn part(columns: &Self::Columns, span: Range<usize>) -> Self::Part<'_> {
        std::array::from_fn(|k| T::part(&columns[k], span.clone()))
    }
    #[inline(always)]
    fn first<'a>(part: Self::Part<'a>, n: usize) -> Self::Part<'a> {
        std::array::from_fn(|k| T::first(part[k], n))
    }
    #[inline(always)]
    fn at(part: &Self::Part<'_>, i: usize) -> Self {
        std::array::from_fn(|k| T::at(&part[k], i))
    }
}

/// Implements `Columnar` for a struct, all of whose fields are told.
macro_rules! columnar {
    ($name:ident $(<$g:ident: $bound:ident $(, const $k:ident: $number:ty)?>)? { $($field:ident: $ty:ty),+ $(,)? }) => {
        impl$(<$g: $bound $(, const $k: $number)?>)? $crate::neuron::columnar::Columnar for $name$(<$g $(, $k)?>)? {
            type Columns = ($(<$ty as $crate::neuron::columnar::Columnar>::Columns,)+);
            type Part<'a> = ($(<$ty as $crate::neuron::columnar::Columnar>::Part<'a>,)+);

            fn columns(all: &[Self]) -> Self::Columns {
                ($(<$ty as $crate::neuron::columnar::Columnar>::columns(
                    &all.iter().map(|each| each.$field).collect::<Vec<$ty>>(),
                ),)+)
            }
            #[inline(always)]
            fn get(columns: &Self::Columns, i: usize) -> Self {
                let ($($field,)+) = columns;
                Self {
                    $($field: <$ty as $crate::neuron::columnar::Columnar>::get($field, i),)+
                }
            }
            #[inline(always)]
            fn part(columns: &Self::Columns, span: std::ops::Range<usize>) -> Self::Part<'_> {
                let ($($field,)+) = columns;
                ($(<$ty as $crate::neuron::columnar::Columnar>::part($field, span.clone()),)+)
            }
            #[inline(always)]
            fn first<'a>(part: Self::Part<'a>, n: usize) -> Self::Part<'a> {
                let ($($field,)+) = part;
                ($(<$ty as $crate::neuron::columnar::Columnar>::first($field, n),)+)
            }
            #[inline(always)]
            fn at(part: &Self::Part<'_>, i: usize) -> Self {
                let ($($field,)+) = part;
                Self {
                    $($field: <$ty as $crate::neuron::columnar::Columnar>::at($field, i),)+
                }
            }
        }
    };
}
pub(crate) use columnar;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Inner {
        x: f64,
        y: f32,
    }
    columnar!(Inner { x: f64, y: f32 });

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Outer {
        pair: [Inner; 2],
        n: usize,
    }
    columnar!(Outer {
        pair: [Inner; 2],
        n: usize
    });

    #[test]
    fn what_is_held_by_columns_comes_back() {
        let inner = |k: usize| Inner {
            x: k as f64 * 0.5,
            y: k as f32 + 0.25,
        };
        let all: Vec<Outer> = (0..20)
            .map(|i| Outer {
                pair: [inner(i), inner(i + 7)],
                n: 100 - i,
            })
            .collect();
        let columns = Outer::columns(&all);
        let part = Outer::first(Outer::part(&columns, 5..15), 8);
        for (i, each) in all.iter().enumerate() {
            assert_eq!(Outer::get(&columns, i), *each);
        }
        for (i, each) in all[5..13].iter().enumerate() {
            assert_eq!(Outer::at(&part, i), *each);
        }
    }
}
