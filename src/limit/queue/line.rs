//! Who waits, who is next, and who has to go: the order of the queue, without time and without tasks.
//!
//! Turns are shared by smooth weighted round robin: whenever a place is free, each class that waits gains its
//! weight, the one that has gained most has the turn, and pays what all gained together. A turn is one place
//! whatever it is used for, so there are no sizes to carry over as in a deficit round robin; and turns of one
//! class are spread out, not given in a row. A class that nobody waits in gains nothing, so a rest saves up no
//! right to a rush.

use std::collections::VecDeque;

use super::Class;

/// Turns of each class, in the order of [`Class::ALL`], of the sum while all wait.
pub(super) const WEIGHTS: [i64; Class::ALL.len()] = [8, 4, 4, 1];

/// Those who wait, by class and in the order they came.
#[derive(Debug)]
pub(super) struct Line<W> {
    waiting: [VecDeque<(u64, W)>; Class::ALL.len()],
    credits: [i64; Class::ALL.len()],
    came: u64,
}

impl<W> Default for Line<W> {
    fn default() -> Self {
        Self { waiting: Default::default(), credits: [0; Class::ALL.len()], came: 0 }
    }
}

impl<W> Line<W> {
    /// How many wait in each class.
    pub(super) fn lengths(&self) -> [usize; Class::ALL.len()] {
        self.waiting.each_ref().map(VecDeque::len)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// Puts one at the end of his class; the ticket by which he may leave.
    pub(super) fn push(&mut self, class: Class, waiter: W) -> u64 {
        self.came += 1;
        self.waiting[class as usize].push_back((self.came, waiter));
        self.came
    }

    /// Takes out the one whose turn it is.
    pub(super) fn next(&mut self) -> Option<(Class, W)> {
        let waiting = |class: &Class| !self.waiting[*class as usize].is_empty();
        let gaining: Vec<Class> = Class::ALL.into_iter().filter(waiting).collect();
        let mut gained = 0;
        for &class in &gaining {
            self.credits[class as usize] += WEIGHTS[class as usize];
            gained += WEIGHTS[class as usize];
        }
        // Of equals the first, which is the highest.
        let turn = gaining.into_iter().rev().max_by_key(|class| self.credits[*class as usize])?;
        self.credits[turn as usize] -= gained;
        let (_, waiter) = self.waiting[turn as usize].pop_front()?;
        self.rest(turn);
        Some((turn, waiter))
    }

    /// Takes out the one with a ticket, if he still waits.
    pub(super) fn leave(&mut self, class: Class, ticket: u64) -> Option<W> {
        let line = &mut self.waiting[class as usize];
        // Tickets are in the order of coming.
        let at = line.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()?;
        let (_, waiter) = line.remove(at)?;
        self.rest(class);
        Some(waiter)
    }

    /// Takes out the newest of the lowest class below `class`, who has waited least for what is worth least. The
    /// last of a class stays: its turn comes by its weight, however many come of higher classes.
    pub(super) fn push_out(&mut self, class: Class) -> Option<(Class, W)> {
        let lower = Class::ALL.into_iter().rev().take_while(|lower| *lower > class);
        let lowest = lower.into_iter().find(|lower| self.waiting[*lower as usize].len() > 1)?;
        let (_, waiter) = self.waiting[lowest as usize].pop_back()?;
        self.rest(lowest);
        Some((lowest, waiter))
    }

    fn rest(&mut self, class: Class) {
        if self.waiting[class as usize].is_empty() {
            self.credits[class as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Class, Line, WEIGHTS};

    #[test]
    fn turns_are_shared_by_weight_and_spread_out() {
        let mut line = Line::default();
        for class in Class::ALL {
            for _ in 0..100 {
                line.push(class, ());
            }
        }
        let turns: String = (0..17).map_while(|_| line.next()).map(|(class, ())| letter(class)).collect();
        assert_eq!(turns, "AMIAAMIABAMIAAMIA");
        assert_eq!(i64::try_from(turns.len()).unwrap(), WEIGHTS.iter().sum::<i64>());
    }

    fn letter(class: Class) -> char {
        class.as_str().to_uppercase().chars().next().unwrap()
    }

    #[test]
    fn the_newest_of_the_lowest_is_pushed_out_but_not_the_last() {
        let mut line = Line::default();
        for (class, name) in [
            (Class::Interactive, "first"),
            (Class::Background, "second"),
            (Class::Background, "third"),
            (Class::Interactive, "fourth"),
        ] {
            line.push(class, name);
        }
        assert_eq!(line.push_out(Class::Interactive), Some((Class::Background, "third")));
        assert_eq!(line.push_out(Class::Interactive), None, "the last of a class stays");
        assert_eq!(line.push_out(Class::Mutation), Some((Class::Interactive, "fourth")));
        assert_eq!(line.push_out(Class::Admin), None);
    }

    fn any_class() -> impl Strategy<Value = Class> {
        prop::sample::select(Class::ALL.to_vec())
    }

    proptest! {
        /// Whoever else comes and goes, a class that waits has a turn within as many as a round has.
        #[test]
        fn no_class_starves(patient in any_class(), others in vec(vec(any_class(), 0..3), 100..200)) {
            let mut line = Line::default();
            let round: i64 = WEIGHTS.iter().sum();
            let mut since = 0;
            for come in others {
                for class in come {
                    line.push(class, ());
                }
                line.push(patient, ());
                let (turn, ()) = line.next().unwrap();
                since = if turn == patient { 0 } else { since + 1 };
                prop_assert!(since < 2 * round, "{since} turns of others");
            }
        }
    }
}
