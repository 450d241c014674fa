//! Records as a table for people.

use comfy_table::{Cell, ContentArrangement, Table, presets};

use crate::output::printable;

/// A table of titles and rows, without borders.
pub(crate) fn table(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles.iter().map(Cell::new));
    for row in rows {
        table.add_row(row.iter().map(|text| Cell::new(printable(text))));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
