use proptest::{collection::vec, option, prelude::*};
use rust_decimal::Decimal;

use super::{value::*, *};
use crate::store::entity;

/// A value of a column, and its bytes.
fn any_value(kind: Kind) -> BoxedStrategy<Vec<u8>> {
    let integer = |value: i64| {
        let mut bytes = value.to_le_bytes().to_vec();
        while bytes.len() > 1 && value::integer(&bytes[..bytes.len() - 1]) == value {
            bytes.pop();
        }
        bytes
    };
    match kind {
        Kind::Int => any::<i32>().prop_map(move |value| integer(value.into())).boxed(),
        Kind::BigInt => any::<i64>().prop_map(integer).boxed(),
        Kind::Time => (-60_000_000_000_000_000..200_000_000_000_000_000_i64).prop_map(integer).boxed(),
        Kind::Text => any::<String>().prop_map(String::into_bytes).boxed(),
        Kind::Amount => (0..=28_u8, any::<i64>())
            .prop_map(move |(scale, value)| [vec![scale], integer(value)].concat())
            .boxed(),
        Kind::Bytes | Kind::Terms => vec(any::<u8>(), 0..50).boxed(),
    }
}

/// A row of some table with its values; now and then with a long one, so that its ends are wide.
fn any_row() -> impl Strategy<Value = (&'static Table, Vec<Option<Vec<u8>>>)> {
    (0..entity::TABLES.len(), 0..20_usize).prop_flat_map(|(table, long)| {
        let table = entity::TABLES[table];
        let values: Vec<_> = table
            .columns
            .iter()
            .map(|column| {
                let value = any_value(column.kind);
                if column.nullable {
                    option::weighted(0.6, value).boxed()
                } else {
                    value.prop_map(Some).boxed()
                }
            })
            .collect();
        values.prop_map(move |mut values| {
            let texts = table.columns.iter().zip(&mut values);
            let texts = texts.filter(|(column, _)| long == 0 && column.kind == Kind::Text);
            texts.for_each(|(_, value)| *value = Some(vec![b'x'; 20_000]));
            (table, values)
        })
    })
}

fn build(table: &Table, values: &[Option<Vec<u8>>]) -> Row {
    let mut builder = Builder::default();
    builder.clear();
    for value in values {
        builder.values.extend_from_slice(value.as_deref().unwrap_or_default());
        builder.end(value.is_none());
    }
    Row(builder.finish(table.number))
}

proptest! {
    #[test]
    fn every_value_is_found_where_it_was_put((table, values) in any_row()) {
        let row = build(table, &values);
        for (index, value) in values.iter().enumerate() {
            prop_assert_eq!(row.value(index), value.as_deref());
        }
        prop_assert_eq!(row.value(values.len()), None);
        prop_assert_eq!(Row::from_bytes(row.as_bytes()), Some(row));
    }

    /// Whatever Redis gives back, a row is whole and readable or it is none.
    #[test]
    fn any_bytes_are_a_row_of_a_table_or_none(mut bytes in vec(any::<u8>(), 0..300), table in 0..20_u8) {
        if let Some(first) = bytes.first_mut() {
            *first = table;
        }
        if let Some(row) = Row::from_bytes(&bytes) {
            prop_assert!(row.table().is_some());
            let _ = format!("{row:?}");
        }
    }

    #[test]
    fn a_row_that_was_cut_or_changed_is_none_or_readable((table, values) in any_row(), at: prop::sample::Index) {
        let mut bytes = build(table, &values).as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assert_eq!(Row::from_bytes(&bytes[..at]), None);
        bytes[at] ^= 0x81;
        if let Some(row) = Row::from_bytes(&bytes) {
            let _ = format!("{row:?}");
        }
    }

    #[test]
    fn numbers_come_back_to_the_last_digit(number: i64, low: i64, high: i32, scale in 0..=28_u32) {
        let bytes = number.to_le_bytes();
        prop_assert_eq!(<i64 as Value>::decode(Some(&bytes)), number);
        let coefficient = (i128::from(high) << 64) | i128::from(low).abs();
        if let Ok(amount) = Decimal::try_from_i128_with_scale(coefficient, scale) {
            let mut bytes = vec![u8::try_from(scale).unwrap()];
            bytes.extend(amount.mantissa().to_le_bytes());
            prop_assert_eq!(<Decimal as Value>::decode(Some(&bytes)), amount);
        }
    }
}

#[test]
fn tables_lie_at_their_numbers() {
    for (index, table) in entity::TABLES.iter().enumerate() {
        assert_eq!(usize::from(table.number), index, "{}", table.name);
        assert!(table.columns.len() < 128, "{}", table.name);
    }
}

#[test]
fn a_row_is_a_record_of_its_own_table_only() {
    let row = build(entity::tenderer::Model::TABLE, &[Some(vec![7]), Some(vec![]), Some(vec![9])]);
    let tenderer = entity::tenderer::Model::from_row(row.clone()).unwrap();
    assert_eq!((tenderer.process_id(), tenderer.position(), tenderer.organization_id()), (7, 0, 9));
    assert_eq!(entity::party::Model::from_row(row), None);
}
