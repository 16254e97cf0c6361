//! Durations and vitals as histograms with logarithmic buckets, and rows of numbers that add up: what is left of page views once
//! the views themselves are gone.
//!
//! ```text
//! bucket(v) = ceil(ln(max(v, 1)) / ln(1.08))        v in milliseconds, or 1,000 × a layout shift
//! value(b)  = 1.08^(b - 0.5), 0 for b = 0           so that the relative error is at most 4 %
//!
//! text    = { entry }                                entries of one key add up: texts can be joined
//! entry   = length key sums                          the key's bytes
//! sums    = mask { count } { buckets }               a bit for each count and histogram that is not empty
//! buckets = number { step quantity }                 step: from the bucket before
//! number  = digits of base 64, least first, five bits each; the sixth says that more follow
//! ```
//!
//! All quantities are hundredths, because a view may stand for 3.33 of them.

use digits::{number, skip_numbers, take_key, take_number};

/// Buckets grow by this factor.
const GROWTH: f64 = 1.08;

/// The last bucket: 1.08^240 ms are a day.
const MAX_BUCKET: u16 = 240;

/// Counts of one [`Sums`].
pub const COUNTS: usize = 8;

/// Histograms of one [`Sums`].
pub const HISTOGRAMS: usize = 6;

/// The bucket of a value, in milliseconds or thousandths of a layout shift.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
pub fn bucket_of(value: f64) -> u16 {
    let bucket = (value.max(1.0).ln() / GROWTH.ln()).ceil();
    bucket.min(f64::from(MAX_BUCKET)) as u16
}

/// What a bucket stands for: the geometric middle.
pub fn value_of(bucket: u16) -> f64 {
    match bucket {
        0 => 0.0,
        _ => upper(bucket) / GROWTH.sqrt(),
    }
}

/// The largest value of a bucket.
fn upper(bucket: u16) -> f64 {
    GROWTH.powi(i32::from(bucket.min(MAX_BUCKET)))
}

/// Quantities by bucket, in the order of buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(Vec<(u16, u64)>);

impl Histogram {
    /// Adds hundredths to a bucket; one beyond the last counts for the last.
    pub fn add(&mut self, bucket: u16, quantity: u64) {
        let bucket = bucket.min(MAX_BUCKET);
        // Texts have them in order.
        if self.0.last().is_none_or(|(last, _)| *last < bucket) {
            self.0.push((bucket, quantity));
            return;
        }
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(index) => {
                if let Some((_, sum)) = self.0.get_mut(index) {
                    *sum = sum.saturating_add(quantity);
                }
            }
            Err(index) => self.0.insert(index, (bucket, quantity)),
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        // One pass over both; full ones have the same buckets, and nothing is moved.
        let mut place = 0;
        for (bucket, quantity) in &other.0 {
            let passed = self.0.iter().skip(place).take_while(|(own, _)| own < bucket);
            place += passed.count();
            match self.0.get_mut(place) {
                Some((own, sum)) if own == bucket => *sum = sum.saturating_add(*quantity),
                _ => self.0.insert(place, (*bucket, *quantity)),
            }
        }
    }

    /// The same of one that is not needed any more.
    fn take_in(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
        } else {
            self.merge(&other);
        }
    }

    /// What stands before any damage, and whether there was none.
    fn decode(text: &mut &[u8]) -> (Self, Option<()>) {
        let mut read = Self::default();
        let mut bucket = 0_u16;
        let is_whole = (|| {
            let count = take_number(text)?;
            read.0.reserve_exact(usize::try_from(count).ok()?.min(usize::from(MAX_BUCKET) + 1));
            for _ in 0..count {
                bucket = bucket.saturating_add(u16::try_from(take_number(text)?).ok()?);
                read.add(bucket, take_number(text)?);
            }
            Some(())
        })();
        (read, is_whole)
    }

    /// Hundredths in all.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, quantity)| sum.saturating_add(*quantity))
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Buckets that are not empty, with their hundredths.
    pub fn buckets(&self) -> &[(u16, u64)] {
        &self.0
    }

    /// The value that so many percent do not exceed: of n values the one at ceil(n × percent / 100). `None` of nothing.
    pub fn percentile(&self, percent: u32) -> Option<f64> {
        let wanted = u128::from(self.total()) * u128::from(percent);
        let mut passed = 0_u128;
        let found = self.0.iter().find(|(_, quantity)| {
            passed += u128::from(*quantity) * 100;
            passed >= wanted
        });
        found.map(|(bucket, _)| value_of(*bucket))
    }

    /// Hundredths of values up to a limit; a bucket that the limit divides is divided evenly.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of what is below 2^53"
    )]
    pub fn up_to(&self, limit: f64) -> u64 {
        self.0
            .iter()
            .map(|(bucket, quantity)| {
                let upper = upper(*bucket);
                let lower = upper / GROWTH;
                match *bucket {
                    0 => *quantity,
                    _ if limit >= upper => *quantity,
                    _ if limit <= lower => 0,
                    _ => (*quantity as f64 * (limit - lower) / (upper - lower)) as u64,
                }
            })
            .sum()
    }
}

/// Counts and histograms of one thing; what each is, its user says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Hundredths.
    pub counts: [u64; COUNTS],
    /// In hundredths.
    pub histograms: [Histogram; HISTOGRAMS],
}

impl Sums {
    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to = to.saturating_add(*from);
        }
        for (to, from) in self.histograms.iter_mut().zip(&other.histograms) {
            to.merge(from);
        }
    }

    /// Adds to a count.
    pub fn count(&mut self, index: usize, quantity: u64) {
        if let Some(count) = self.counts.get_mut(index) {
            *count = count.saturating_add(quantity);
        }
    }

    /// Adds to a histogram.
    pub fn add(&mut self, index: usize, bucket: u16, quantity: u64) {
        if let Some(histogram) = self.histograms.get_mut(index) {
            histogram.add(bucket, quantity);
        }
    }

    /// A count, in hundredths.
    pub fn counted(&self, index: usize) -> u64 {
        self.counts.get(index).copied().unwrap_or(0)
    }

    fn encode(&self, text: &mut String) {
        let mut mask = 0_u64;
        let filled = self.counts.iter().map(|count| *count > 0);
        let filled = filled.chain(self.histograms.iter().map(|one| !one.is_empty()));
        for (bit, is_filled) in filled.enumerate() {
            mask |= u64::from(is_filled) << bit;
        }
        number(text, mask);
        self.counts.iter().filter(|count| **count > 0).for_each(|count| number(text, *count));
        for Histogram(buckets) in self.histograms.iter().filter(|one| !one.is_empty()) {
            number(text, buckets.len() as u64);
            let mut before = 0;
            for (bucket, quantity) in buckets {
                number(text, u64::from(bucket - before));
                number(text, *quantity);
                before = *bucket;
            }
        }
    }

    /// Passes over sums, and gives back the first count.
    fn skip(text: &mut &[u8]) -> Option<u64> {
        let (mask, mut first) = (take_number(text)?, 0);
        for bit in 0..COUNTS {
            if mask >> bit & 1 == 1 {
                let count = take_number(text)?;
                first = if bit == 0 { count } else { first };
            }
        }
        for bit in 0..HISTOGRAMS {
            if mask >> (bit + COUNTS) & 1 == 1 {
                let numbers = take_number(text)?.checked_mul(2)?;
                skip_numbers(text, numbers)?;
            }
        }
        Some(first)
    }

    fn decode(&mut self, text: &mut &[u8]) -> Option<()> {
        let mask = take_number(text)?;
        for bit in 0..COUNTS {
            if mask >> bit & 1 == 1 {
                self.count(bit, take_number(text)?);
            }
        }
        for bit in 0..HISTOGRAMS {
            if mask >> (bit + COUNTS) & 1 == 0 {
                continue;
            }
            let (read, is_whole) = Histogram::decode(text);
            self.histograms.get_mut(bit)?.take_in(read);
            is_whole?;
        }
        Some(())
    }
}

/// Sums by what they are of, in the order of keys. A list, because a map of values so large is ten kilobytes of the Worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(Vec<(String, Sums)>);

impl Parts {
    /// The sums of a key, which are made where they are missing.
    #[expect(clippy::indexing_slicing, reason = "found or inserted just before")]
    pub fn at(&mut self, key: &str) -> &mut Sums {
        let found = self.place(key);
        let index = found.unwrap_or_else(|index| index);
        if found.is_err() {
            self.0.insert(index, (key.to_owned(), Sums::default()));
        }
        &mut self.0[index].1
    }

    /// The sums of a key.
    pub fn get(&self, key: &str) -> Option<&Sums> {
        let index = self.place(key).ok()?;
        self.0.get(index).map(|(_, sums)| sums)
    }

    /// Takes keys and sums apart.
    pub fn into_list(self) -> Vec<(String, Sums)> {
        self.0
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(key, sums)| self.at(key).merge(sums));
    }

    /// Keys and sums.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, Sums)> {
        self.0.iter()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps so many keys that have most of the first count; the others share an empty key.
    pub fn bound(&mut self, most: usize) {
        if self.0.len() <= most {
            return;
        }
        self.0.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.counted(0)));
        let rest = self.0.split_off(most);
        self.0.sort_by(|left, right| left.0.cmp(&right.0));
        rest.iter().for_each(|(_, sums)| self.at("").merge(sums));
    }
}

/// Writes a text that can be joined with others.
pub fn encode(parts: &Parts) -> String {
    let mut text = String::new();
    for (key, sums) in parts.iter() {
        number(&mut text, key.len() as u64);
        text.push_str(key);
        sums.encode(&mut text);
    }
    text
}

/// Adds what a text says; of a damaged one, what stands before the damage.
pub fn decode(text: &str, parts: &mut Parts) {
    decode_of(text, parts, &|_| true);
}

/// Adds what a text says of some keys.
pub fn decode_of(text: &str, parts: &mut Parts, is_wanted: &dyn Fn(&str) -> bool) {
    let mut rest = text.as_bytes();
    while let Some(key) = take_key(&mut rest) {
        let read = match is_wanted(key) {
            true => parts.at(key).decode(&mut rest),
            false => Sums::skip(&mut rest).map(drop),
        };
        if read.is_none() {
            break;
        }
    }
}

/// Tells keys and their first counts, which is far quicker than to read all. A key may come several times.
pub fn first_counts(text: &str, tell: &mut dyn FnMut(&str, u64)) {
    let mut rest = text.as_bytes();
    while let Some(key) = take_key(&mut rest) {
        let Some(count) = Sums::skip(&mut rest) else { break };
        tell(key, count);
    }
}

mod digits;
#[cfg(test)]
mod tests;
