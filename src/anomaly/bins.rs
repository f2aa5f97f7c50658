//! How often amounts reach a size, averaged over the members of a class so that each counts alike.

use super::class::Class;

/// Bins of a [`Tails`].
pub const BINS: usize = 96;

/// Steps of a sixteenth up to 2, then eight for each doubling.
pub fn bin(amount: f64) -> usize {
    if amount < 2.0 {
        return (amount.max(0.0) * 16.0) as usize;
    }
    (32 + ((amount / 2.0).log2() * 8.0) as usize).min(BINS - 1)
}

/// For each bin the part of a member's amounts that lie in it or above, summed over the members of a class.
#[derive(Clone, Debug)]
pub struct Tails {
    sums: [[f64; BINS]; Class::COUNT],
    members: [f64; Class::COUNT],
}

impl Default for Tails {
    fn default() -> Tails {
        Tails { sums: [[0.0; BINS]; Class::COUNT], members: [0.0; Class::COUNT] }
    }
}

impl Tails {
    pub fn add(&mut self, class: Class, own: &Own) {
        if let Some(parts) = &own.0 {
            self.members[class as usize] += 1.0;
            self.sums[class as usize].iter_mut().zip(&**parts).for_each(|(sum, part)| *sum += part);
        }
    }

    /// How often the other members of a class reach an amount; `None` when there are none.
    pub fn others(&self, class: Class, own: &Own, amount: f64) -> Option<f64> {
        let from = bin(amount);
        let (mut sum, mut members) = (self.sums[class as usize][from], self.members[class as usize]);
        if let Some(own) = &own.0 {
            sum -= own[from];
            members -= 1.0;
        }
        (members >= 1.0).then(|| (sum / members).clamp(0.0, 1.0))
    }
}

/// What one member adds to the [`Tails`] of its class, and what is to be left out again: the part of its amounts in
/// each bin or above.
#[derive(Clone, Debug)]
pub struct Own(Option<Box<[f64; BINS]>>);

impl Own {
    /// Amounts, and how often each occurs.
    pub fn of(amounts: impl Iterator<Item = (f64, usize)>) -> Own {
        let (mut parts, mut all) = ([0.0; BINS], 0);
        for (amount, times) in amounts {
            parts[bin(amount)] += times as f64;
            all += times;
        }
        let mut above = 0.0;
        for part in parts.iter_mut().rev() {
            above += *part;
            *part = above / all.max(1) as f64;
        }
        Own((all > 0).then(|| Box::new(parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_rise_with_the_amount() {
        let amounts = [0.0, 0.1, 0.5, 1.0, 1.9, 2.0, 3.0, 7.0, 100.0, 1e9];
        let bins: Vec<usize> = amounts.iter().map(|amount| bin(*amount)).collect();
        assert!(bins.is_sorted() && bins[9] == BINS - 1, "{bins:?}");
    }

    #[test]
    fn one_is_left_out_of_the_tail_of_its_class() {
        let mut tails = Tails::default();
        let own = Own::of([(1.0, 3), (50.0, 1)].into_iter());
        tails.add(Class::Human, &own);
        assert_eq!(tails.others(Class::Human, &own, 10.0), None);
        tails.add(Class::Human, &Own::of([(1.0, 1), (20.0, 1)].into_iter()));
        assert_eq!(tails.others(Class::Human, &own, 10.0), Some(0.5));
        assert_eq!(tails.others(Class::Node, &Own::of([].into_iter()), 10.0), None);
    }
}
