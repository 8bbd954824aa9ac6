//! State of neurons as columns: what a population has beside its parameters.
//!
//! Lazily updated neurons are kept as their last visits left them (`mark` is the tick, with a flag), not
//! brought up to date: two exact steps differ from one in the last bit. Of a population that is held `still`, `v` is
//! x, or V where x is no number, and `mark` the origin of x, both as of the present epoch: when somebody was last
//! visited is another matter in each shard. Predictions are not kept, since they follow from the state.

use super::block::Block;
use super::clocked::{Clocked, Model};
use super::clocked_block::ClockedBlock;
use super::membrane::{Dynamics, Lif};
use super::real::Real;
use crate::columns::{Group, Misfit, Part};

impl<R: Real> Block<R> {
    /// Hands out the state at the end of tick `t`, between visits or sweeps.
    pub fn keep(&self, swept: bool, t: u64, to: &mut Group<'_>) {
        match self {
            Self::Delta(b) => b.keep(swept, t, to),
            Self::Exp(b) => b.keep(swept, t, to),
            Self::ExpTogether(b) => b.keep(swept, t, to),
            Self::Alpha(b) => b.keep(swept, t, to),
            Self::AlphaTogether(b) => b.keep(swept, t, to),
            Self::Multisynapse(b) => b.keep(swept, t, to),
            Self::If(b) => b.keep(swept, t, to),
            // They know a tick that is over.
            Self::Relay(_) => {}
            Self::Clocked(b) => match b {
                ClockedBlock::CondExp(b) => b.keep(to),
                ClockedBlock::CondAlpha(b) => b.keep(to),
                ClockedBlock::Izhikevich(b) => b.keep(to),
                ClockedBlock::Adex(b) => b.keep(to),
                ClockedBlock::AdexAlpha(b) => b.keep(to),
            },
        }
    }

    /// Takes the state at the end of tick `t` back: neurons from `first` on of the columns. `drive`: with
    /// their constant currents, not with those of the parameters.
    pub fn take_back(
        &mut self,
        swept: bool,
        t: u64,
        first: u64,
        drive: bool,
        from: &Part<'_>,
    ) -> Result<(), Misfit> {
        let from = &Own { first, drive, from };
        match self {
            Self::Delta(b) => b.take_back(swept, t, from),
            Self::Exp(b) => b.take_back(swept, t, from),
            Self::ExpTogether(b) => b.take_back(swept, t, from),
            Self::Alpha(b) => b.take_back(swept, t, from),
            Self::AlphaTogether(b) => b.take_back(swept, t, from),
            Self::Multisynapse(b) => b.take_back(swept, t, from),
            Self::If(b) => b.take_back(swept, t, from),
            Self::Relay(_) => Ok(()),
            Self::Clocked(b) => match b {
                ClockedBlock::CondExp(b) => b.take_back(from),
                ClockedBlock::CondAlpha(b) => b.take_back(from),
                ClockedBlock::Izhikevich(b) => b.take_back(from),
                ClockedBlock::Adex(b) => b.take_back(from),
                ClockedBlock::AdexAlpha(b) => b.take_back(from),
            },
        }
    }

    /// What potentials are held relative to.
    pub fn rest(&self, i: usize) -> f64 {
        match self {
            Self::Delta(b) => b.rest_of(i),
            Self::Exp(b) => b.rest_of(i),
            Self::ExpTogether(b) => b.rest_of(i),
            Self::Alpha(b) => b.rest_of(i),
            Self::AlphaTogether(b) => b.rest_of(i),
            Self::Multisynapse(b) => b.rest_of(i),
            Self::If(b) => b.rest_of(i),
            Self::Relay(_) => 0.0,
            Self::Clocked(b) => match b {
                ClockedBlock::CondExp(b) => b.rest_of(i),
                ClockedBlock::CondAlpha(b) => b.rest_of(i),
                ClockedBlock::Izhikevich(b) => b.rest_of(i),
                ClockedBlock::Adex(b) => b.rest_of(i),
                ClockedBlock::AdexAlpha(b) => b.rest_of(i),
            },
        }
    }
}

/// The columns of some neurons of a population.
struct Own<'a, 'b> {
    first: u64,
    drive: bool,
    from: &'a Part<'b>,
}

impl Own<'_, '_> {
    fn column<T: crate::columns::Number>(&self, name: &str, n: usize) -> Result<Vec<T>, Misfit> {
        self.from.range(name, self.first, n)
    }
}

/// Name of the column of synaptic state variable `k`.
fn current(k: usize) -> String {
    format!("s{k}")
}

impl<D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize> Lif<D, R, S, C> {
    fn rest_of(&self, i: usize) -> f64 {
        self.rest[self.col(i)]
    }

    fn keep(&self, swept: bool, t: u64, to: &mut Group<'_>) {
        to.put("ref_until", &self.ref_until);
        to.put("held", &self.held);
        // Whether neurons adapt is seen from those of a shard: others have risen by nothing.
        match &self.adaptation {
            Some(a) => to.put("rise", &a.rise),
            None => to.put("rise", &vec![R::ZERO; self.n]),
        }
        if self.varied {
            to.put("drive", &self.drive);
        }
        if swept {
            to.put(
                "v",
                &(0..self.n).map(|i| self.potential(i)).collect::<Vec<R>>(),
            );
        } else if let Some(still) = &self.lazy.still {
            let (v, mark): (Vec<R>, Vec<u64>) =
                (0..self.n).map(|i| still.raw(i, self.v[i], t)).unzip();
            to.put("v", &v);
            to.put("mark", &mark);
        } else {
            let cells = &self.lazy.cells;
            to.put("v", &cells.iter().map(|c| c.v).collect::<Vec<R>>());
            to.put("mark", &cells.iter().map(|c| c.mark).collect::<Vec<u64>>());
        }
        for k in 0..D::SYN {
            if swept || D::COLUMNS {
                to.put(&current(k), &self.syn[k]);
            } else {
                let all = (0..self.n).map(|i| self.lazy_syn(i)[k]);
                to.put(&current(k), &all.collect::<Vec<R>>());
            }
        }
    }

    fn take_back(&mut self, swept: bool, t: u64, own: &Own<'_, '_>) -> Result<(), Misfit> {
        let n = self.n;
        self.ref_until = own.column("ref_until", n)?.into();
        // What the parameters at hand do not have is left out; what they have anew stays as it begins.
        if !self.held.is_empty() && own.from.has("held") {
            self.held = own.column("held", n)?.into();
        }
        if let Some(a) = &mut self.adaptation {
            a.rise = own.column("rise", n)?.into();
        }
        if self.varied && own.drive {
            self.drive = own.column("drive", n)?.into();
        }
        // Kept one by one, held together now: excitatory and inhibitory ones come by turns.
        let parts = D::TOGETHER && own.from.has(&current(D::SYN));
        for k in 0..D::SYN {
            if parts {
                let (ex, inh): (Vec<R>, Vec<R>) = (
                    own.column(&current(2 * k), n)?,
                    own.column(&current(2 * k + 1), n)?,
                );
                self.syn[k] = ex.into_iter().zip(inh).map(|(a, b)| a + b).collect();
            } else if !self.syn[k].is_empty() {
                self.syn[k] = own.column(&current(k), n)?.into();
            }
        }
        self.v = own.column("v", n)?.into();
        if own.from.has("rest") {
            let rest: Vec<f64> = own.column("rest", n)?;
            for (i, rest) in rest.into_iter().enumerate() {
                // Held relative to what may be another one now.
                let by = rest - self.rest_of(i);
                if by != 0.0 {
                    self.v[i] += R::of(by);
                }
            }
        }
        if swept {
            self.halt_all(t);
            return Ok(());
        }
        self.become_lazy(t);
        let marks: Vec<u64> = own.column("mark", n)?;
        if let Some(still) = &mut self.lazy.still {
            for (i, mark) in marks.into_iter().enumerate() {
                still.set_raw(i, self.v[i], mark);
            }
            return Ok(());
        }
        for (cell, mark) in self.lazy.cells.iter_mut().zip(marks) {
            cell.mark = mark;
        }
        Ok(())
    }
}

impl<M: Model> Clocked<M> {
    fn rest_of(&self, i: usize) -> f64 {
        self.rest[if self.varied { i } else { 0 }]
    }

    fn keep(&self, to: &mut Group<'_>) {
        to.put("ref_until", &self.ref_until);
        if self.varied {
            to.put("drive", &self.drive);
        }
        to.put("v", &self.state[0]);
        for (k, column) in self.state.iter().enumerate().skip(1) {
            to.put(&current(k), column);
        }
    }

    fn take_back(&mut self, own: &Own<'_, '_>) -> Result<(), Misfit> {
        let n = self.ref_until.len();
        self.ref_until = own.column("ref_until", n)?.into();
        if self.varied && own.drive {
            self.drive = own.column("drive", n)?.into();
        }
        self.state[0] = own.column("v", n)?.into();
        if own.from.has("rest") {
            let rest: Vec<f64> = own.column("rest", n)?;
            for (i, rest) in rest.into_iter().enumerate() {
                let by = rest - self.rest_of(i);
                if by != 0.0 {
                    self.state[0][i] += by;
                }
            }
        }
        for (k, column) in self.state.iter_mut().enumerate().skip(1) {
            if !column.is_empty() {
                *column = own.column(&current(k), n)?.into();
            }
        }
        Ok(())
    }
}
