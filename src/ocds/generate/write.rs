//! Writes a planned process as a compiled release, with the gaps that real data has.

use chrono::{Days, NaiveDate};

use super::organization::Organization;
use super::plan::{Award, Plan};
use super::writer::Writer;

impl Plan {
    /// The release as JSON.
    pub(super) fn write(mut self) -> String {
        let ocid = format!("ocds-f4r0l1-{:08}", self.number);
        let last = if self.awards.is_empty() { self.published } else { self.decided };
        let date = self.moment(last, 12);
        Writer::document(|writer| {
            writer.text("ocid", &ocid);
            writer.text("id", &format!("{ocid}-{date}"));
            writer.text("date", &date);
            writer.texts("tag", &["compiled"]);
            writer.text("initiationType", "tender");
            writer.text("language", self.locale.language);
            self.parties(writer);
            writer.object("buyer", |writer| self.buyer.mention(writer));
            self.planning(writer);
            writer.object("tender", |writer| self.tender(writer));
            self.bids(writer);
            self.awards(writer);
            self.contracts(writer);
        })
    }

    /// A moment: a day of the calendar of the generated data, an hour and the offset of the locale.
    fn moment(&self, day: u64, hour: u64) -> String {
        let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default();
        let date = first.checked_add_days(Days::new(day)).unwrap_or(first);
        format!("{date}T{hour:02}:00:00{}", self.locale.offset)
    }

    fn value(&self, writer: &mut Writer, key: &str, hundredths: u64) {
        writer.object(key, |writer| {
            writer.number("amount", Amount(hundredths));
            writer.text("currency", self.currency);
        });
    }

    fn period(&self, writer: &mut Writer, key: &str, from: u64, days: u64) {
        writer.object(key, |writer| {
            writer.text("startDate", &self.moment(from, 9));
            writer.text("endDate", &self.moment(from + days, 17));
            writer.number("durationInDays", days);
        });
    }

    fn parties(&self, writer: &mut Writer) {
        let won = |index: usize| self.awards.iter().any(|award| award.suppliers.contains(&index));
        writer.list("parties", |writer| {
            let roles: &[&str] =
                if self.entity.is_some() { &["buyer"] } else { &["buyer", "procuringEntity"] };
            writer.element(|writer| self.buyer.write(writer, roles));
            if let Some(entity) = &self.entity {
                writer.element(|writer| entity.write(writer, &["procuringEntity"]));
            }
            for (index, bidder) in self.bidders.iter().enumerate() {
                let roles: &[&str] = if won(index) { &["tenderer", "supplier"] } else { &["tenderer"] };
                writer.element(|writer| bidder.write(writer, roles));
            }
        });
    }

    fn planning(&mut self, writer: &mut Writer) {
        if !self.random.percent(30) {
            return;
        }
        let budget = self.estimate / 100 * self.random.between(95, 130);
        writer.object("planning", |writer| {
            writer.text("rationale", &self.title);
            writer.object("budget", |writer| {
                writer.text("id", &format!("B-{}", self.number % 977));
                self.value(writer, "amount", budget);
            });
        });
    }

    fn tender(&mut self, writer: &mut Writer) {
        writer.text("id", &format!("{}-T", self.number));
        writer.text("title", &self.title);
        if !self.random.percent(10) {
            let details = *self.random.pick(&self.locale.details);
            writer.text("description", &format!("{}. {details}", self.title));
        }
        writer.text("status", self.status);
        writer
            .object("procuringEntity", |writer| self.entity.as_ref().unwrap_or(&self.buyer).mention(writer));
        if !self.random.percent(12) {
            self.value(writer, "value", self.estimate);
        }
        if !self.random.percent(2) {
            writer.text("procurementMethod", self.method);
        }
        writer.text("mainProcurementCategory", self.good.category);
        if self.random.percent(60) {
            writer.text("awardCriteria", self.random.weighted(&[(6, "priceOnly"), (4, "ratedCriteria")]));
        }
        writer.texts("submissionMethod", &["electronicSubmission"]);
        self.period(writer, "tenderPeriod", self.published, self.deadline - self.published);
        if self.random.percent(40) {
            self.period(writer, "enquiryPeriod", self.published, (self.deadline - self.published) / 2);
        }
        self.tendered(writer);
        self.items(writer);
        self.documents(
            writer,
            &["tenderNotice", "biddingDocuments", "technicalSpecifications", "clarifications"],
        );
    }

    /// Who bid, and how often the tender was amended.
    fn tendered(&mut self, writer: &mut Writer) {
        if !self.bidders.is_empty() {
            writer.number("numberOfTenderers", self.bidders.len());
            mentions(writer, "tenderers", self.bidders.iter());
        }
        if self.random.percent(5) {
            let date = self.moment(self.published + 5, 10);
            writer.list("amendments", |writer| {
                writer.element(|writer| {
                    writer.text("id", "1");
                    writer.text("date", &date);
                    writer.text("rationale", self.locale.details[2]);
                });
            });
        }
    }

    fn items(&mut self, writer: &mut Writer) {
        let count = 1 + self.random.skewed(5);
        writer.list("items", |writer| {
            for item in 1..=count {
                let quantity = self.random.between(1, 500);
                writer.element(|writer| {
                    writer.text("id", &item.to_string());
                    writer.text("description", &format!("{} ({item})", self.title));
                    writer.object("classification", |writer| {
                        writer.text("scheme", "CPV");
                        writer.text("id", self.good.cpv);
                        writer.text("description", self.good.names[0]);
                    });
                    writer.number("quantity", quantity);
                    writer.object("unit", |writer| {
                        writer.text("name", self.good.unit);
                        self.value(writer, "value", self.estimate / count / quantity);
                    });
                });
            }
        });
    }

    fn documents(&mut self, writer: &mut Writer, types: &[&str]) {
        let count = self.random.skewed(types.len() as u64 + 1);
        if count == 0 {
            return;
        }
        let published = self.moment(self.published, 9);
        writer.list("documents", |writer| {
            for (document, kind) in (1..=count).zip(types) {
                writer.element(|writer| {
                    writer.text("id", &document.to_string());
                    writer.text("documentType", kind);
                    writer.text("title", &format!("{} – {kind}", self.title));
                    writer.text("url", &format!("https://example.org/{}/{kind}.pdf", self.number));
                    writer.text("datePublished", &published);
                    writer.text("format", "application/pdf");
                    writer.text("language", self.locale.language);
                });
            }
        });
    }

    fn bids(&mut self, writer: &mut Writer) {
        if self.bidders.is_empty() {
            return;
        }
        let received = self.moment(self.deadline, 11);
        let bidders = std::mem::take(&mut self.bidders);
        let bid = |plan: &mut Self, writer: &mut Writer, index: usize, bidder: &Organization| {
            let status = plan.random.weighted(&[
                (84, "valid"),
                (10, "disqualified"),
                (4, "withdrawn"),
                (2, "pending"),
            ]);
            writer.text("id", &format!("{}-B{}", plan.number, index + 1));
            writer.text("date", &received);
            writer.text("status", status);
            mentions(writer, "tenderers", std::iter::once(bidder));
            if !plan.random.percent(15) {
                let amount = plan.estimate * plan.random.between(70, 130) / 100;
                plan.value(writer, "value", amount);
            }
        };
        writer.object("bids", |writer| {
            writer.list("details", |writer| {
                for (index, bidder) in bidders.iter().enumerate() {
                    writer.element(|writer| bid(self, writer, index, bidder));
                }
            });
        });
        self.bidders = bidders;
    }

    fn awards(&mut self, writer: &mut Writer) {
        let awards = std::mem::take(&mut self.awards);
        if !awards.is_empty() {
            writer.list("awards", |writer| {
                for (index, award) in awards.iter().enumerate() {
                    writer.element(|writer| self.award_of(writer, index, award));
                }
            });
        }
        self.awards = awards;
    }

    fn award_of(&mut self, writer: &mut Writer, index: usize, award: &Award) {
        writer.text("id", &format!("{}-A{}", self.number, index + 1));
        writer.text("title", &self.title);
        writer.text("status", award.status);
        if !self.random.percent(8) {
            writer.text("date", &self.moment(self.decided, 12));
        }
        if !self.random.percent(12) {
            let amount = if self.random.percent(2) { 0 } else { award.amount };
            self.value(writer, "value", amount);
        }
        mentions(writer, "suppliers", award.suppliers.iter().map(|supplier| &self.bidders[*supplier]));
        writer.texts("relatedBids", &[&format!("{}-B{}", self.number, award.suppliers[0] + 1)]);
    }

    fn contracts(&mut self, writer: &mut Writer) {
        let awards = std::mem::take(&mut self.awards);
        let signed: Vec<(usize, &Award)> = awards
            .iter()
            .enumerate()
            .filter(|(_, award)| award.status == "active" && self.random.percent(88))
            .collect();
        if !signed.is_empty() {
            writer.list("contracts", |writer| {
                for (index, award) in signed {
                    writer.element(|writer| self.contract(writer, index, award));
                }
            });
        }
    }

    fn contract(&mut self, writer: &mut Writer, index: usize, award: &Award) {
        let signed = self.decided + self.random.between(3, 30);
        let days = self.random.between(30, 900);
        writer.text("id", &format!("{}-C{}", self.number, index + 1));
        writer.text("awardID", &format!("{}-A{}", self.number, index + 1));
        writer.text("title", &self.title);
        writer.text("status", self.random.weighted(&[(60, "active"), (35, "terminated"), (5, "cancelled")]));
        self.period(writer, "period", signed, days);
        if !self.random.percent(5) {
            self.value(writer, "value", award.amount);
        }
        if !self.random.percent(4) {
            writer.text("dateSigned", &self.moment(signed, 14));
        }
        self.documents(writer, &["contractSigned", "contractAnnexe"]);
        if self.random.percent(14) {
            writer.object("implementation", |writer| self.implementation(writer, award, signed, days));
        }
    }

    fn implementation(&mut self, writer: &mut Writer, award: &Award, signed: u64, days: u64) {
        let count = self.random.between(1, 6);
        writer.list("transactions", |writer| {
            for payment in 1..=count {
                writer.element(|writer| {
                    writer.text("id", &format!("{}-P{payment}", self.number));
                    writer.text("date", &self.moment(signed + days * payment / count, 15));
                    self.value(writer, "value", award.amount / count);
                    writer.object("payer", |writer| self.buyer.mention(writer));
                    writer.object("payee", |writer| self.bidders[award.suppliers[0]].mention(writer));
                });
            }
        });
        writer.list("milestones", |writer| {
            writer.element(|writer| {
                writer.text("id", "1");
                writer.text("title", &self.title);
                writer.text("type", "delivery");
                writer.text("dueDate", &self.moment(signed + days, 17));
                writer.text("status", if count > 3 { "met" } else { "scheduled" });
            });
        });
    }
}

fn mentions<'o>(writer: &mut Writer, key: &str, organizations: impl Iterator<Item = &'o Organization>) {
    writer.list(key, |writer| {
        for organization in organizations {
            writer.element(|writer| organization.mention(writer));
        }
    });
}

/// Hundredths, as the shortest decimal.
struct Amount(u64);

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}"),
        }
    }
}
