//! Three-valued logic: true, false, or unknown with a reason (Kleene's strong tables).

use assize_facts::{Reason, reason};

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    /// Not known; of several reasons the first one stands.
    Unknown(Reason),
}

impl Truth {
    pub fn is_true(&self) -> bool {
        matches!(self, Truth::True)
    }

    pub fn is_false(&self) -> bool {
        matches!(self, Truth::False)
    }

    pub fn negate(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown(reason) => Truth::Unknown(reason),
        }
    }

    pub fn and(self, other: impl FnOnce() -> Truth) -> Truth {
        match self {
            Truth::False => Truth::False,
            Truth::True => other(),
            Truth::Unknown(reason) => match other() {
                Truth::False => Truth::False,
                Truth::True | Truth::Unknown(_) => Truth::Unknown(reason),
            },
        }
    }

    pub fn or(self, other: impl FnOnce() -> Truth) -> Truth {
        self.negate().and(|| other().negate()).negate()
    }

    /// True where all are; true for none.
    pub fn all(many: impl IntoIterator<Item = Truth>) -> Truth {
        many.into_iter().fold(Truth::True, |all, one| all.and(|| one))
    }

    /// True where at least one is; false for none.
    pub fn any(many: impl IntoIterator<Item = Truth>) -> Truth {
        many.into_iter().fold(Truth::False, |any, one| any.or(|| one))
    }

    /// Of something that has one of several values, what each of them would say: known only where all of them agree.
    pub fn agreed(many: impl IntoIterator<Item = Truth>) -> Truth {
        let mut many = many.into_iter();
        let Some(first) = many.next() else { return Truth::Unknown(reason!("no-possible-value")) };
        many.fold(first, |agreed, one| match (agreed, one) {
            (Truth::True, Truth::True) => Truth::True,
            (Truth::False, Truth::False) => Truth::False,
            (Truth::Unknown(reason), _) | (_, Truth::Unknown(reason)) => Truth::Unknown(reason),
            (Truth::True, Truth::False) | (Truth::False, Truth::True) => Truth::Unknown(reason!("several-possible")),
        })
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Truth::{False, True};

    fn unknown() -> Truth {
        Truth::Unknown(reason!("no-possible-value"))
    }

    #[test]
    fn the_tables_are_kleenes() {
        let values = [True, False, unknown()];
        let and = [[True, False, unknown()], [False, False, False], [unknown(), False, unknown()]];
        let or = [[True, True, True], [True, False, unknown()], [True, unknown(), unknown()]];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(a.clone().and(|| b.clone()), and[i][j], "{a:?} and {b:?}");
                assert_eq!(a.clone().or(|| b.clone()), or[i][j], "{a:?} or {b:?}");
            }
        }
        assert_eq!(unknown().negate(), unknown());
    }

    #[test]
    fn several_possible_values_decide_only_together() {
        assert_eq!(Truth::agreed([True, True]), True);
        assert_eq!(Truth::agreed([False, False]), False);
        assert_eq!(Truth::agreed([True, False]), Truth::Unknown(reason!("several-possible")));
        assert_eq!(Truth::agreed([False, unknown(), True]), unknown());
        assert!(matches!(Truth::agreed([]), Truth::Unknown(_)));
    }
}
