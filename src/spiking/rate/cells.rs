//! Neurons of a population: who fires in a step, and who has to be looked at.
//!
//! A potential is s + c tau after tau steps of the current c, in these very operations: so the decision
//! of a step hangs neither on how often a neuron was looked at nor on who was predicted to fire, and it is monotone in
//! tau between inputs, rounding included. That makes predictions exact.

use super::Reset;

/// The neurons in one sample.
pub(super) struct Cells<'a> {
    /// Potential without what the current brought.
    pub s: &'a mut [f64],
    pub c: &'a [f64],
    pub theta: &'a [f64],
    /// Spikes less negative ones; read and written only if there may be negative ones.
    pub count: &'a mut [u32],
    pub reset: Reset,
    pub negative: bool,
    pub steps: u32,
    /// Steps by which firing is later than input.
    pub wait: u32,
}

/// So many neurons are looked at together: if none of them fires, that is all.
const BLOCK: usize = 16;

impl Cells<'_> {
    /// Steps of input up to step `t` of firing.
    #[inline(always)]
    pub fn tau(&self, t: u32) -> f64 {
        f64::from((t + self.wait).min(self.steps))
    }

    #[inline(always)]
    fn potential(&self, id: usize, tau: f64) -> f64 {
        self.s[id] + self.c[id] * tau
    }

    /// Does the neuron fire, or take a spike back?
    #[inline(always)]
    fn crosses(&self, id: usize, tau: f64) -> bool {
        let v = self.potential(id, tau);
        v >= self.theta[id] || (self.negative && v < 0.0 && self.count[id] > 0)
    }

    /// The spike of a neuron, if there is one; the potential is reset.
    #[inline(always)]
    fn fire(&mut self, id: usize, tau: f64) -> Option<u32> {
        let v = self.potential(id, tau);
        let spike = (id as u32) << 1;
        if v >= self.theta[id] {
            match self.reset {
                Reset::Subtract => self.s[id] -= self.theta[id],
                Reset::Zero => self.s[id] = -(self.c[id] * tau),
            }
            if self.negative {
                self.count[id] += 1;
            }
            return Some(spike);
        }
        if self.negative && v < 0.0 && self.count[id] > 0 {
            self.s[id] += self.theta[id];
            self.count[id] -= 1;
            return Some(spike | 1);
        }
        None
    }

    /// Looks at all neurons.
    #[inline(always)]
    pub fn sweep(&mut self, t: u32, out: &mut Vec<u32>) {
        let tau = self.tau(t);
        let n = self.s.len();
        for first in (0..n).step_by(BLOCK) {
            let end = (first + BLOCK).min(n);
            let mut any = false;
            let block = self.s[first..end].iter().zip(&self.c[first..end]);
            for ((s, c), theta) in block.zip(&self.theta[first..end]) {
                let v = s + c * tau;
                any |= v >= *theta;
                any |= self.negative & (v < 0.0);
            }
            if any {
                for id in first..end {
                    out.extend(self.fire(id, tau));
                }
            }
        }
    }

    /// The first step after `t` in which the neuron fires if nothing comes in.
    #[inline(always)]
    fn next(&self, id: usize, t: u32) -> Option<u32> {
        if t >= self.steps {
            return None;
        }
        let soon = self.tau(t + 1);
        if self.crosses(id, soon) {
            return Some(t + 1);
        }
        let c = self.c[id];
        let edge = if c > 0.0 {
            self.theta[id]
        } else if c < 0.0 && self.negative && self.count[id] > 0 {
            0.0
        } else {
            return None;
        };
        let last = f64::from(self.steps);
        if !self.crosses(id, last) {
            return None;
        }
        // It does not cross at `soon`, but at `last`: so there is a first time between them.
        let mut tau = ((edge - self.s[id]) / c).ceil().clamp(soon + 1.0, last);
        while tau > soon + 1.0 && self.crosses(id, tau - 1.0) {
            tau -= 1.0;
        }
        while !self.crosses(id, tau) {
            tau += 1.0;
        }
        Some(tau as u32 - self.wait)
    }
}

/// Whom to look at when.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Neurons by the step in which they may fire. Entries may be out of date; looking does no harm.
    buckets: Vec<Vec<u32>>,
    /// The earliest step at which a neuron has an entry.
    due: Vec<u32>,
    /// The step in which it was looked at last.
    seen: Vec<u32>,
    /// Who is to be looked at now; filled by `touch`, emptied by `visit`.
    now: Vec<u32>,
}

impl Agenda {
    /// Looks at all neurons in step `t` and predicts all of them.
    #[inline(always)]
    pub fn build(&mut self, cells: &mut Cells, t: u32, out: &mut Vec<u32>) {
        let n = cells.s.len();
        self.buckets.resize(cells.steps as usize + 1, Vec::new());
        self.buckets.iter_mut().for_each(Vec::clear);
        self.due.clear();
        self.due.resize(n, u32::MAX);
        self.seen.clear();
        self.seen.resize(n, t);
        self.now.clear();
        let tau = cells.tau(t);
        for id in 0..n {
            out.extend(cells.fire(id, tau));
            self.predict(cells, id, t);
        }
    }

    #[inline(always)]
    fn predict(&mut self, cells: &Cells, id: usize, t: u32) {
        if let Some(next) = cells.next(id, t)
            && next < self.due[id]
        {
            self.due[id] = next;
            self.buckets[next as usize].push(id as u32);
        }
    }

    /// Something came in for a neuron in step `t`.
    #[inline(always)]
    pub fn touch(&mut self, id: usize, t: u32) {
        if self.seen[id] != t {
            self.seen[id] = t;
            self.now.push(id as u32);
        }
    }

    /// Looks at those for whom something came in, and at those whose time has come.
    #[inline(always)]
    pub fn visit(&mut self, cells: &mut Cells, t: u32, out: &mut Vec<u32>) {
        let start = out.len();
        let mut bucket = std::mem::take(&mut self.buckets[t as usize]);
        for id in bucket.drain(..) {
            self.touch(id as usize, t);
        }
        self.buckets[t as usize] = bucket;
        let mut now = std::mem::take(&mut self.now);
        let tau = cells.tau(t);
        for id in now.drain(..) {
            let id = id as usize;
            if self.due[id] <= t {
                self.due[id] = u32::MAX;
            }
            out.extend(cells.fire(id, tau));
            self.predict(cells, id, t);
        }
        self.now = now;
        out[start..].sort_unstable();
    }
}
