//! Reading `[[conflict]]`: what cannot be agreed together.

use crate::contract::ConflictRule;
use crate::matcher::names::{Names, Use};
use crate::matcher::read::matcher;
use crate::read::Table;
use crate::wording::{Piece, pieces};

pub(super) fn conflicts(names: &Names<'_>, table: &Table<'_>) -> Vec<ConflictRule> {
    table.tables("conflict").iter().filter_map(|table| conflict(names, table)).collect()
}

fn conflict(names: &Names<'_>, table: &Table<'_>) -> Option<ConflictRule> {
    let says = table.need_both("says");
    let with = table.string("with");
    table.need("when", "what parameters of this clause must be: `when = { NAME = … }`");
    let mut when = Vec::new();
    for entry in table.table("when").iter().flat_map(Table::entries) {
        let node = &entry.node;
        let Some(parameter) = names.parameter(&entry.key) else {
            names.unknown_parameter(&entry.key, &entry.key_span);
            continue;
        };
        names.used(&entry.key, Use::Other);
        let ty = parameter.ty.field_type();
        if let Some(matcher) = matcher(names, node, &ty) {
            when.push((entry.key.clone(), ty, matcher));
        }
    }
    let says = says?;
    for text in [&says.en, &says.zh] {
        for piece in pieces(text).0 {
            if let Piece::Place(name) = piece
                && !names.is_declared(name)
            {
                names.unknown_parameter(name, &table.key_span("says"));
            }
        }
    }
    Some(ConflictRule { with, when, says })
}
