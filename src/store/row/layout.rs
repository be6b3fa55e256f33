//! Where the values of a row lie in its bytes.

use std::sync::Arc;

/// Bytes before the ends of the values.
const HEADER: usize = 2;
/// In the number of columns: an end takes four bytes.
const WIDE: u8 = 0x80;
/// The highest bit of an end that takes two bytes: the value is `NULL`.
const NARROW_NULL: u32 = 1 << 15;
/// The same of one that takes four.
const WIDE_NULL: u32 = 1 << 31;

/// The layout of a row's bytes.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    ends: &'a [u8],
    values: &'a [u8],
    wide: bool,
}

/// Collects the values of one row.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) values: Vec<u8>,
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl<'a> Layout<'a> {
    /// The layout of these bytes; `None` when they are too short to have one.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let wide = header[1] & WIDE != 0;
        let width = if wide { size_of::<u32>() } else { size_of::<u16>() };
        let (ends, values) = rest.split_at_checked(usize::from(header[1] & !WIDE) * width)?;
        Some(Self { ends, values, wide })
    }

    /// The value of a column; `None` for `NULL`, and where there is no such column.
    pub(super) fn value(&self, column: usize) -> Option<&'a [u8]> {
        let (end, is_null) = self.end(column)?;
        if is_null {
            return None;
        }
        let start = match column.checked_sub(1) {
            Some(before) => self.end(before)?.0,
            None => 0,
        };
        self.values.get(start..end)
    }

    /// Whether there are so many columns, their ends in order, and no byte behind the last.
    pub(super) fn is_whole(&self, columns: usize) -> bool {
        let mut last = 0;
        for column in 0..columns {
            let Some((end, is_null)) = self.end(column) else { return false };
            if end < last || (is_null && end != last) {
                return false;
            }
            last = end;
        }
        self.end(columns).is_none() && last == self.values.len()
    }

    /// Where the value of a column ends, and whether it is `NULL`.
    #[inline]
    fn end(&self, column: usize) -> Option<(usize, bool)> {
        let (end, null) = if self.wide {
            let (ends, _) = self.ends.as_chunks();
            (u32::from_le_bytes(*ends.get(column)?), WIDE_NULL)
        } else {
            let (ends, _) = self.ends.as_chunks();
            (u16::from_le_bytes(*ends.get(column)?).into(), NARROW_NULL)
        };
        Some((usize::try_from(end & !null).ok()?, end & null != 0))
    }
}

impl Builder {
    /// Begins another row.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.ends.clear();
    }

    /// Ends the value of the next column where the values end now.
    pub(super) fn end(&mut self, is_null: bool) {
        let end = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.ends.push(if is_null { end | WIDE_NULL } else { end });
    }

    /// The bytes of the row.
    pub(super) fn finish(&mut self, table: u8) -> Arc<[u8]> {
        let wide = self.values.len() >= NARROW_NULL as usize;
        let columns = u8::try_from(self.ends.len()).unwrap_or(u8::MAX) & !WIDE;
        let Self { bytes, ends, values } = self;
        bytes.clear();
        bytes.extend([table, if wide { columns | WIDE } else { columns }]);
        for end in ends {
            let is_null = *end & WIDE_NULL != 0;
            if wide {
                bytes.extend(end.to_le_bytes());
            } else {
                let end = u16::try_from(*end & !WIDE_NULL).unwrap_or(u16::MAX);
                bytes.extend(if is_null { end | 0x8000 } else { end }.to_le_bytes());
            }
        }
        bytes.extend_from_slice(values);
        Arc::from(bytes.as_slice())
    }
}
