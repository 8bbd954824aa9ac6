//! `fixed_indegree`: every target draws its sources. Unit: the target.

use super::batch::Visitor;
use super::sample::Distinct;
use super::site::Site;

pub fn visit(site: &Site<'_>, degree: u32, to: &mut impl Visitor) {
    let mut draw = Sources::new(site);
    for t in site.own.iter().cloned().flatten() {
        to.target(u64::from(t), t, draw.of(site, t, degree));
    }
}

/// Draws the sources of one target, as the options of the statement allow.
pub(super) struct Sources {
    n: u32,
    /// Nobody is drawn twice.
    distinct: Option<Distinct>,
    /// Autapses are forbidden and could occur.
    watch: bool,
    drawn: Vec<u32>,
}

impl Sources {
    pub(super) fn new(site: &Site<'_>) -> Self {
        let distinct = !site.spec.allow_multapses;
        Self {
            n: site.from.len(),
            distinct: distinct.then(|| Distinct::new(site.from.len())),
            watch: !site.spec.allow_autapses && site.overlaps(),
            drawn: Vec::new(),
        }
    }

    /// `degree` sources of a target.
    pub(super) fn of(&mut self, site: &Site<'_>, target: u32, degree: u32) -> &[u32] {
        let mut stream = site.run(u64::from(target));
        let without = if self.watch {
            site.as_source(target)
        } else {
            None
        };
        if let Some(distinct) = &mut self.distinct {
            return distinct.draw(&mut stream, self.n, degree, without);
        }
        self.drawn.clear();
        if self.n == 0 || (self.n == 1 && without.is_some()) {
            return &self.drawn;
        }
        self.drawn.resize(degree as usize, 0);
        match without {
            None => stream.fill_below(self.n, &mut self.drawn),
            // One of the others: the last stands for the one that is left out.
            Some(w) => {
                stream.fill_below(self.n - 1, &mut self.drawn);
                for s in &mut self.drawn {
                    if *s == w {
                        *s = self.n - 1;
                    }
                }
            }
        }
        &self.drawn
    }
}
