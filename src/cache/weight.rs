//! How many bytes a value takes in memory, by what it would write.
//!
//! A value is walked as for writing it as JSON or the like, and what each part takes in memory is added up: 8
//! bytes for a number, 24 for a text or a list beside what it holds. An estimate: what counts is that a budget
//! of bytes is about one of bytes, whatever is kept.

use std::fmt::{self, Display};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A number, a code, an absent value.
const SCALAR: usize = 8;
/// A text or a list, without what it holds.
const HEADER: usize = 24;

/// The bytes that a value takes, about.
pub(super) fn of(value: &impl Serialize) -> usize {
    let mut scale = Scale(0);
    // It adds numbers up: the only thing that can fail is a value that refuses to be written.
    let _ = value.serialize(&mut scale);
    scale.0
}

struct Scale(usize);

/// A value that refuses to be written.
#[derive(Debug)]
struct Refused;

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value refuses to be written")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Scale {
    fn with(&mut self, bytes: usize) -> &mut Self {
        self.0 += bytes;
        self
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty)),+ $(,)?) => { $(
        fn $method(self, _: $type) -> Result<(), Refused> {
            self.with(SCALAR);
            Ok(())
        }
    )+ };
}

impl<'a> Serializer for &'a mut Scale {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = &'a mut Scale;
    type SerializeTuple = &'a mut Scale;
    type SerializeTupleStruct = &'a mut Scale;
    type SerializeTupleVariant = &'a mut Scale;
    type SerializeMap = &'a mut Scale;
    type SerializeStruct = &'a mut Scale;
    type SerializeStructVariant = &'a mut Scale;

    scalars! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32),
        serialize_f64(f64), serialize_char(char),
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.with(HEADER + text.len());
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        self.with(HEADER + bytes.len());
        Ok(())
    }

    /// A time, a decimal: what is written as a text and kept as a number or two.
    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Refused> {
        self.with(2 * SCALAR);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.with(HEADER);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.with(SCALAR);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        self.with(SCALAR);
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Refused> {
        self.with(SCALAR);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self.with(SCALAR))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self.with(HEADER))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        Ok(self.with(SCALAR))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self.with(2 * HEADER))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        Ok(self.with(SCALAR))
    }
}

macro_rules! parts {
    ($($trait:ident::$method:ident),+ $(,)?) => { $(
        impl $trait for &mut Scale {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )+ };
}

parts! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field, SerializeTupleVariant::serialize_field,
}

macro_rules! fields {
    ($($trait:ident),+ $(,)?) => { $(
        impl $trait for &mut Scale {
            type Ok = ();
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )+ };
}

fields! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for &mut Scale {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_more_weighs_more() {
        assert_eq!(of(&7_i64), 8);
        assert_eq!(of(&"seven"), 29);
        assert_eq!(of(&[Some("a"), None]), 24 + 25);
        assert_eq!(of(&vec![1_i64, 2]), 24 + 16);
    }
}
