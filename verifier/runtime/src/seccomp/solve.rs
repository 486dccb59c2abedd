//! Arguments that meet a path's constraints: found by trying the values that matter, excluded by what is known of each bit and range.

use super::bpf::{Compare, Data, Sum, WORDS};

/// Something computed from one word of the call by constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub word: usize,
    pub steps: Vec<(Sum, u32)>,
}

impl Expression {
    pub fn word(word: usize) -> Expression {
        Expression { word, steps: vec![] }
    }

    /// One more step; masks fold into one.
    pub fn then(mut self, sum: Sum, constant: u32) -> Expression {
        match (self.steps.last_mut(), sum) {
            (Some((Sum::And, mask)), Sum::And) => *mask &= constant,
            _ => self.steps.push((sum, constant)),
        }
        self
    }

    fn of(&self, word: u32) -> Option<u32> {
        self.steps.iter().try_fold(word, |value, (sum, constant)| sum.of(value, *constant))
    }

    /// The mask, where the expression is the word or some of its bits.
    fn mask(&self) -> Option<u32> {
        match self.steps[..] {
            [] => Some(u32::MAX),
            [(Sum::And, mask)] => Some(mask),
            _ => None,
        }
    }

    /// A word that may give the value: the steps undone, as far as they can be.
    fn undone(&self, value: u32) -> u32 {
        self.steps.iter().rev().fold(value, |value, (sum, constant)| match sum {
            Sum::Add => value.wrapping_sub(*constant),
            Sum::Sub => value.wrapping_add(*constant),
            Sum::Xor => value ^ constant,
            Sum::Shr => value.wrapping_shl(*constant),
            Sum::Shl => value.wrapping_shr(*constant),
            Sum::Mul => value.checked_div(*constant).unwrap_or(0),
            Sum::Div => value.wrapping_mul(*constant),
            Sum::And | Sum::Or => value,
        })
    }
}

/// What a path took for granted at a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    pub expression: Expression,
    pub compare: Compare,
    pub constant: u32,
    /// Whether the comparison held.
    pub holds: bool,
}

impl Constraint {
    fn met(&self, word: u32) -> bool {
        self.expression.of(word).is_some_and(|value| self.compare.of(value, self.constant) == self.holds)
    }
}

/// Bits and range of a word, as far as masks and comparisons say them.
struct Known {
    ones: u32,
    zeros: u32,
    least: u32,
    most: u32,
}

/// Whether constraints exclude each other for certain.
pub(crate) fn impossible(constraints: &[Constraint], fixed: &[Option<u32>; WORDS]) -> bool {
    (0..WORDS).any(|word| {
        let mine = || constraints.iter().filter(move |c| c.expression.word == word);
        match fixed[word] {
            Some(value) => mine().any(|c| !c.met(value)),
            None => mine().next().is_some() && known(mine()).is_none(),
        }
    })
}

/// What the constraints on one word leave of it; `None`: nothing.
fn known<'a>(constraints: impl Iterator<Item = &'a Constraint> + Clone) -> Option<Known> {
    let mut known = Known { ones: 0, zeros: 0, least: 0, most: u32::MAX };
    for c in constraints.clone() {
        known.learn(c)?;
    }
    // A second round: bits that came later may decide what could not be decided before.
    for c in constraints {
        known.learn(c)?;
    }
    let (smallest, largest) = (known.ones, !known.zeros);
    let fits = known.ones & known.zeros == 0 && smallest <= known.most && largest >= known.least;
    (fits && known.least <= known.most).then_some(known)
}

impl Known {
    fn learn(&mut self, c: &Constraint) -> Option<()> {
        // What is not a mask of the word is only tried, never excluded.
        let Some(mask) = c.expression.mask() else { return Some(()) };
        let k = c.constant;
        let (low, high) = (self.ones & mask, !self.zeros & mask);
        match (c.compare, c.holds) {
            (Compare::Equal, true) => {
                if k & !mask != 0 {
                    return None;
                }
                self.ones |= k;
                self.zeros |= mask & !k;
            }
            (Compare::Equal, false) => {
                if low == high && low == k {
                    return None;
                }
            }
            (Compare::AnyBit, false) => self.zeros |= mask & k,
            (Compare::AnyBit, true) => {
                let bits = mask & k & !self.zeros;
                if bits == 0 {
                    return None;
                }
                if bits.is_power_of_two() {
                    self.ones |= bits;
                }
            }
            (compare, holds) => {
                // As `value >= bound` or `value < bound`, in 64 bits so that nothing overflows.
                let bound = u64::from(k) + u64::from(compare == Compare::Above);
                if holds {
                    if u64::from(high) < bound {
                        return None;
                    }
                    if mask == u32::MAX {
                        self.least = self.least.max(u32::try_from(bound).ok()?);
                    }
                } else {
                    if u64::from(low) >= bound {
                        return None;
                    }
                    if mask == u32::MAX {
                        self.most = self.most.min((bound - 1) as u32);
                    }
                }
            }
        }
        (self.ones & self.zeros == 0).then_some(())
    }
}

/// Words that meet all constraints; `None` where none were found, which proves nothing.
pub(crate) fn solve(constraints: &[Constraint], fixed: &[Option<u32>; WORDS]) -> Option<Data> {
    let mut data = [0; WORDS];
    for (word, slot) in data.iter_mut().enumerate() {
        let mine: Vec<&Constraint> = constraints.iter().filter(|c| c.expression.word == word).collect();
        *slot = match fixed[word] {
            Some(value) => value,
            None => candidates(&mine).into_iter().find(|v| mine.iter().all(|c| c.met(*v)))?,
        };
    }
    Some(data)
}

/// Values at which an answer can change: the constants, their neighbours and single bits, each laid over the bits that are known.
fn candidates(constraints: &[&Constraint]) -> Vec<u32> {
    let known = known(constraints.iter().copied());
    let (ones, free, least, most) =
        known.map_or((0, u32::MAX, 0, u32::MAX), |k| (k.ones, !(k.ones | k.zeros), k.least, k.most));
    let mut seeds = vec![0, u32::MAX, least, most];
    for c in constraints {
        for value in [c.constant, c.constant.wrapping_add(1), c.constant.wrapping_sub(1), !c.constant] {
            let undone = c.expression.undone(value);
            seeds.extend([undone, undone.wrapping_add(1), undone.wrapping_sub(1)]);
        }
    }
    let bits = (0..32).map(|bit| 1_u32 << bit);
    seeds.extend(bits.clone());
    // Constants with one bit changed: enough for a mask and a comparison on the same word.
    let shifted: Vec<u32> = constraints.iter().flat_map(|c| bits.clone().map(move |bit| c.constant ^ bit)).collect();
    seeds.extend(shifted);
    // All bits that some constraint asks for, together.
    let wanted =
        constraints.iter().filter(|c| c.compare == Compare::AnyBit && c.holds).fold(0, |all, c| all | c.constant);
    seeds.push(wanted);
    seeds.iter().map(|seed| ones | (seed & free)).chain(seeds.iter().copied()).collect()
}
