//! What all releases about one process say together.

use super::json::{ParseError, Value};
use super::merge::merge;
use super::release::SourceRelease;
use super::rules::Rules;

/// Compiles the releases about one process, in whatever order they are given.
///
/// They are merged in the order of their dates, those without a date first. The latest release that
/// is compiled already stands for all before it. A single release is taken as it is. No release is an
/// empty object; the error is of a release whose bytes are not JSON.
pub fn compile(releases: &[SourceRelease]) -> Result<Value<'_>, ParseError> {
    let mut ordered: Vec<&SourceRelease> = releases.iter().collect();
    ordered.sort_by_key(|release| release.date);
    if let Some(base) = ordered.iter().rposition(|release| release.compiled) {
        let from = ordered[base].date;
        let mut after = 0;
        ordered.retain(|release| {
            after += 1;
            after - 1 == base || (!release.compiled && release.date > from)
        });
    }
    let values = ordered.iter().map(|release| read(release)).collect::<Result<Vec<_>, _>>()?;
    Ok(match <[Value<'_>; 1]>::try_from(values) {
        Ok([single]) => single,
        Err(values) => merge(&values, Rules::ocds_1_1()),
    })
}

fn read(release: &SourceRelease) -> Result<Value<'_>, ParseError> {
    let mut value = Value::parse(&release.json)?;
    value.set_ocid(&release.ocid);
    Ok(value)
}
