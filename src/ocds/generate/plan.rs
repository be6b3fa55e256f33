//! What happens in one generated process, decided before any of it is written.

use super::Scale;
use super::organization::{Organization, locale};
use super::random::{Random, index};
use super::words::{GOODS, Good, LOCALES, Locale, filled};

const PROCESS: u64 = 3;

/// Processes are published from 2020-01-01 up to this many days later, 2026-12-01: the present of the
/// generated data, fixed so that the same seed gives the same bytes.
const PRESENT: u64 = 2526;

/// One process.
pub(super) struct Plan {
    pub(super) random: Random,
    pub(super) number: u64,
    pub(super) locale: &'static Locale,
    pub(super) good: &'static Good,
    pub(super) buyer: Organization,
    /// The body that runs the process, where it is not the buyer.
    pub(super) entity: Option<Organization>,
    pub(super) title: String,
    pub(super) method: &'static str,
    pub(super) status: &'static str,
    /// Days since 2020-01-01.
    pub(super) published: u64,
    pub(super) deadline: u64,
    pub(super) decided: u64,
    /// The estimate, in hundredths.
    pub(super) estimate: u64,
    pub(super) currency: &'static str,
    pub(super) bidders: Vec<Organization>,
    pub(super) awards: Vec<Award>,
}

/// One award: for the whole, or for a lot.
pub(super) struct Award {
    /// Indexes into the bidders.
    pub(super) suppliers: Vec<usize>,
    pub(super) status: &'static str,
    pub(super) amount: u64,
}

impl Plan {
    pub(super) fn of(seed: u64, number: u64, scale: Scale) -> Self {
        let mut random = Random::of(seed, PROCESS, number);
        let buyer = random.skewed(scale.buyers);
        let locale = locale(buyer);
        let entity = random.percent(15).then(|| Organization::buyer(seed, random.skewed(scale.buyers)));
        let buyer = Organization::buyer(seed, buyer);
        let kind = random.below(GOODS.len() as u64);
        let good = &GOODS[index(kind)];
        let published = random.below(PRESENT + 1);
        let deadline = published + random.between(15, 60);
        let decided = deadline + random.between(5, 90);
        let estimate = estimate(&mut random, good) * locale.rate;
        let method = random.weighted(&[(68, "open"), (12, "selective"), (12, "limited"), (8, "direct")]);
        let mut plan = Self {
            number,
            locale,
            good,
            title: title(&mut random, locale, good),
            entity: entity.filter(|entity| *entity != buyer),
            buyer,
            method,
            status: status(&mut random, deadline, decided),
            published,
            deadline,
            decided,
            estimate,
            currency: if random.percent(3) { "USD" } else { locale.currency },
            bidders: Vec::new(),
            awards: Vec::new(),
            random,
        };
        plan.invite(seed, scale);
        plan.award();
        plan
    }

    /// Whether bids have been opened.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status, "planning" | "planned") || self.deadline > PRESENT
    }

    fn invite(&mut self, seed: u64, scale: Scale) {
        let count = match self.method {
            _ if self.is_open() => 0,
            "direct" => 1,
            _ if self.random.below(400) == 0 => self.random.between(150, 600),
            _ if self.random.percent(6) => 0,
            _ => 1 + self.random.skewed(13),
        };
        let locales = LOCALES.len() as u64;
        let at_home =
            LOCALES.iter().position(|locale| locale.language == self.locale.language).unwrap_or_default()
                as u64;
        let mut numbers = std::collections::BTreeSet::new();
        for _ in 0..count {
            let abroad = self.random.percent(4);
            let home = if abroad { self.random.below(locales) } else { at_home };
            let pool = scale.suppliers / locales;
            let number = if count > 100 { self.random.below(pool) } else { self.random.skewed(pool) };
            let number = number * locales + home;
            if numbers.insert(number) {
                self.bidders.push(Organization::supplier(seed, number));
            }
        }
    }

    fn award(&mut self) {
        if self.status != "complete" || self.bidders.is_empty() {
            return;
        }
        let bidders = self.bidders.len() as u64;
        let count = match bidders {
            100.. => self.random.between(20, 40),
            _ if self.random.percent(15) => self.random.between(2, 6),
            _ => 1,
        };
        for _ in 0..count {
            let together = if self.random.percent(4) { 3 } else { 1 };
            let first = self.random.below(bidders);
            let suppliers = (first..bidders.min(first + together)).map(index).collect();
            let status = self.random.weighted(&[(93, "active"), (4, "cancelled"), (3, "pending")]);
            let amount = self.estimate / count * self.random.between(70, 115) / 100;
            self.awards.push(Award { suppliers, status, amount });
        }
    }
}

/// From some thousands to some ten millions, small ones far more often, in hundredths.
fn estimate(random: &mut Random, good: &Good) -> u64 {
    let magnitude =
        random.weighted(&[(40, 1_000), (35, 10_000), (18, 100_000), (6, 1_000_000), (1, 10_000_000)]);
    let works = if good.category == "works" { 5 } else { 1 };
    let cents = if random.percent(30) { random.below(100) } else { 0 };
    magnitude * random.between(10, 99) * 10 * works + cents
}

fn title(random: &mut Random, locale: &Locale, good: &Good) -> String {
    let language = LOCALES.iter().position(|known| known.language == locale.language).unwrap_or_default();
    let (title, place) = (*random.pick(&locale.titles), *random.pick(&locale.places));
    filled(title, good.names[language], place)
}

fn status(random: &mut Random, deadline: u64, decided: u64) -> &'static str {
    if deadline > PRESENT {
        random.weighted(&[(80, "active"), (12, "planned"), (6, "planning"), (2, "cancelled")])
    } else if decided > PRESENT {
        random.weighted(&[(95, "active"), (5, "cancelled")])
    } else {
        random.weighted(&[
            (80, "complete"),
            (8, "unsuccessful"),
            (7, "cancelled"),
            (4, "active"),
            (1, "withdrawn"),
        ])
    }
}
