use super::*;
use proptest::prelude::*;

/// Of n values the one at ceil(n × percent / 100).
fn exact(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values[rank - 1]
}

#[track_caller]
fn check(mut values: Vec<f64>) {
    let mut histogram = Histogram::default();
    for value in &values {
        histogram.add(bucket_of(*value), 100);
    }
    for percent in [1, 25, 50, 75, 90, 95, 99, 100] {
        let expected = exact(&mut values, percent);
        let found = histogram.percentile(percent as u32).unwrap();
        let is_near =
            if expected > 1.0 { (found / expected - 1.0).abs() <= 0.04 } else { found <= 1.0 };
        assert!(is_near, "p{percent} is {expected}, not {found}");
    }
}

#[test]
fn percentiles_are_within_four_percent() {
    check(vec![1.0]);
    check(vec![0.0, 0.4, 1.0]);
    check((1..2_000).map(f64::from).collect());
    // Values at both ends of each bucket.
    check((1..200).flat_map(|b| [upper(b) * 0.999_999, upper(b) * 1.000_001]).collect());
    // Two far peaks, with the percentile at the edge.
    check([vec![120.0; 75], vec![9_000.0; 25]].concat());
    check([vec![120.0; 74], vec![9_000.0; 26]].concat());
    check(vec![3_600_000.0; 9]);
}

#[test]
fn buckets_are_those_of_the_wire() {
    assert_eq!(
        [0.0, 1.0, 1.05, 1.08, 1.09, 100.0, 2_500.0].map(bucket_of),
        [0, 0, 1, 1, 2, 60, 102]
    );
    assert_eq!((bucket_of(f64::NAN), bucket_of(f64::INFINITY), value_of(0)), (0, MAX_BUCKET, 0.0));
}

#[test]
fn shares_divide_the_bucket_of_a_limit() {
    let mut histogram = Histogram::default();
    for value in 1..=5_000 {
        histogram.add(bucket_of(f64::from(value)), 100);
    }
    for limit in [200.0, 500.0, 1_800.0, 2_500.0, 4_000.0] {
        let share = histogram.up_to(limit) as f64 / 100.0;
        assert!((share / limit - 1.0).abs() < 0.01, "{share} up to {limit}");
    }
}

#[test]
fn weights_count() {
    let mut histogram = Histogram::default();
    histogram.add(bucket_of(100.0), 1_000);
    histogram.add(bucket_of(500.0), 300);
    assert_eq!((histogram.total(), histogram.percentile(75)), (1_300, Some(value_of(60))));
    assert_eq!(Histogram::default().percentile(75), None);
}

#[test]
fn damaged_text_says_what_stood_before_the_damage() {
    let mut parts = Parts::default();
    parts.at("a").count(0, 700);
    let mut read = Parts::default();
    decode(&(encode(&parts) + "B"), &mut read);
    assert_eq!(read.get("a"), parts.get("a"));
    decode("\u{e4}", &mut read);
    decode("//////////////////////", &mut read);
}

fn sums() -> impl Strategy<Value = Parts> {
    let one = (0..COUNTS, 0..HISTOGRAMS, 0..MAX_BUCKET, 0..u64::MAX / 1_000);
    let all = prop::collection::vec((".{0,6}", one), 0..20);
    all.prop_map(|all| {
        let mut parts = Parts::default();
        for (key, (count, histogram, bucket, quantity)) in all {
            let sums = parts.at(&key);
            sums.count(count, quantity);
            sums.add(histogram, bucket, quantity.max(1));
        }
        parts
    })
}

proptest! {
    #[test]
    fn random_percentiles_are_near(values in prop::collection::vec(0.0..100_000.0_f64, 1..300)) {
        check(values);
    }

    #[test]
    fn keys_are_told_and_read_alone(parts in sums()) {
        let text = encode(&parts);
        let mut told = Vec::new();
        first_counts(&text, &mut |key, count| told.push((key.to_owned(), count)));
        let expected: Vec<_> =
            parts.iter().map(|(key, sums)| (key.clone(), sums.counted(0))).collect();
        prop_assert_eq!(&told, &expected);
        for (key, sums) in parts.iter() {
            let mut alone = Parts::default();
            decode_of(&text, &mut alone, &|other| other == key);
            prop_assert_eq!((alone.len(), alone.get(key)), (1, Some(sums)));
        }
    }

    #[test]
    fn merging_is_adding_one_by_one(
        left in prop::collection::vec((0..MAX_BUCKET + 9, 1..99_u64), 0..80),
        right in prop::collection::vec((0..MAX_BUCKET + 9, 1..99_u64), 0..80),
    ) {
        let of = |list: &[(u16, u64)]| {
            let mut histogram = Histogram::default();
            list.iter().for_each(|(bucket, quantity)| histogram.add(*bucket, *quantity));
            histogram
        };
        let mut merged = of(&left);
        merged.merge(&of(&right));
        prop_assert_eq!(merged, of(&[left, right].concat()));
    }

    #[test]
    fn joined_texts_add_up(left in sums(), right in sums()) {
        let mut read = Parts::default();
        decode(&(encode(&left) + &encode(&right)), &mut read);
        let mut expected = left;
        expected.merge(&right);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_text_is_read(text: String) {
        decode(&text, &mut Parts::default());
    }
}
